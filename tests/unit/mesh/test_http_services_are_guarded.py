"""Every HTTP service refuses what a page of somebody else can send through a browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from support.baseline import baseline_at
from support.edge_stack import running_edge
from support.http_service import serving
from support.platform_gate import guarded
from support.platform_services import platform_with

from janus_mesh.errors import NotFound
from janus_sandbox.api import build_api
from janus_sandbox.ingress import build_ingress
from janus_sandbox.settings import SandboxSettings

NOTHING = cast("Any", None)  # no request of these tests gets as far as what stands behind
NOWHERE = "http://127.0.0.1:9/v1"
SERVICES = ["edge", "platform", "sandbox", "ingress", "baseline"]


@asynccontextmanager
async def service(name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        if name == "edge":
            yield (await enter(running_edge())).client
        elif name == "platform":
            yield await enter(platform_with((), guarded()))
        elif name == "baseline":
            yield await enter(baseline_at(NOWHERE))
        else:
            api = name == "sandbox"
            app = build_api(SandboxSettings(), NOTHING, NOTHING, {}) if api else build_ingress(NOTHING)
            url = await enter(serving(app))
            yield await enter(httpx.AsyncClient(base_url=url, trust_env=False, verify=False))


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize(
    ("headers", "param"),
    [
        ({"host": "rebound.example"}, "host"),
        ({"origin": "https://evil.example"}, "origin"),
        ({"origin": "null"}, "origin"),
        ({"sec-fetch-site": "cross-site"}, "sec-fetch-site"),
    ],
    ids=["a rebound name", "a foreign origin", "no origin", "another site"],
)
async def test_a_foreign_page_is_refused(name: str, headers: dict[str, str], param: str) -> None:
    async with service(name) as client:
        json = {"content-type": "application/json"}
        answer = await client.post("/v1/chat/completions", content=b"{}", headers={**json, **headers})
        error = answer.json()["error"]
        assert (answer.status_code, error["type"], error["param"]) == (403, "permission_error", param)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_body_that_a_page_may_send_unasked_is_refused(name: str) -> None:
    async with service(name) as client:
        headers = {"content-type": "text/plain"}
        answer = await client.post("/v1/chat/completions", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


async def test_the_edge_lets_the_pages_of_its_cors_setting_in() -> None:
    async with running_edge(cors_origins=["https://pages.example"]) as edge:
        headers = {"origin": "https://pages.example", "sec-fetch-site": "cross-site"}
        answer = await edge.client.post("/v1/chat/completions", json={}, headers=headers)
        assert answer.status_code == 400  # it got as far as its body
        assert answer.headers["access-control-allow-origin"] == "https://pages.example"


async def test_the_edge_answers_to_its_public_name() -> None:
    async with running_edge(public_url="https://janus.example") as edge:
        headers = {"host": "janus.example", "origin": "https://janus.example"}
        answer = await edge.client.post("/v1/chat/completions", json={}, headers=headers)
        assert answer.status_code == 400


async def test_a_refusal_of_the_edge_has_a_request_id() -> None:
    async with running_edge() as edge:
        answer = await edge.client.get("/v1/models", headers={"host": "rebound.example"})
        assert answer.headers["x-request-id"].startswith("req_")


async def test_a_streamed_file_may_be_uploaded_whatever_its_type() -> None:
    async with service("platform") as client:
        answer = await client.post("/v1/artifacts", content=b"a,b", headers={"content-type": "text/csv"})
        assert answer.status_code == 404  # this platform has no such service; the type was no obstacle


async def test_a_page_in_a_sandbox_may_use_its_own_server() -> None:
    seen = asyncio.Event()

    class Sandboxes:
        """Stands where the request must get to."""

        def running(self, sandbox_id: str) -> None:
            seen.set()
            raise NotFound("there is no such sandbox")

    async with (
        serving(build_ingress(cast("Any", Sandboxes()))) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client,
    ):
        headers = {"origin": "null", "sec-fetch-site": "cross-site", "content-type": "text/plain"}
        answer = await client.post("/sb_1/ports/8080/form", content=b"a", headers=headers)
        assert (answer.status_code, seen.is_set()) == (404, True)
