"""What those who run the edge look at: health, metrics, the API's own description, the log."""

import asyncio
import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import jsonschema
import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from structlog.testing import capture_logs
from support.answers import ChatEvent, finish, say
from support.edge_stack import SOON, metric, route, running_edge, scripted

import janus_mesh as mesh
from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import event_pb2

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


async def test_health_is_ok_while_the_router_answers() -> None:
    async with running_edge() as edge:
        response = await edge.client.get("/health?ready=1")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert response.json()["version"]


async def test_without_a_router_the_edge_is_alive_but_not_ready() -> None:
    async with running_edge() as edge:
        await edge.stop_router()
        alive = await edge.client.get("/health")
        ready = await edge.client.get("/health?ready=1")
    assert (alive.status_code, alive.json()["status"]) == (200, "degraded")
    assert (ready.status_code, ready.json()["error"]["code"]) == (503, "router_unavailable")


async def test_requests_are_counted_by_route_and_unknown_paths_together() -> None:
    async def count(**labels: str) -> float:
        return metric((await edge.client.get("/metrics")).text, "janus_http_requests_total", **labels)

    async with running_edge() as edge:
        known = {"route": "/v1/models/{model_id:path}", "method": "GET", "status": "404"}
        unknown = {"route": "unknown", "method": "GET", "status": "404"}
        before = await count(**known), await count(**unknown)
        for path in ("/v1/models/a", "/v1/models/b/c", "/x", "/y"):
            await edge.client.get(path)
        assert (await count(**known), await count(**unknown)) == (before[0] + 2, before[1] + 2)


@contextmanager
def access_log() -> Iterator[asyncio.Queue[MutableMapping[str, Any]]]:
    """The access log's lines as they are written, which is after the client has its answer."""
    lines: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    def note(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if event["event"] == "request":
            lines.put_nowait(dict(event))
        return event

    with capture_logs(processors=[structlog.contextvars.merge_contextvars, note]):
        yield lines


async def test_the_access_log_has_one_line_per_request() -> None:
    stop = ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop"))
    async with running_edge() as edge:
        edge.router.answer = scripted(route("beta"), ChatEvent(content="a"), stop, finish())
        with access_log() as lines:
            answer = await edge.stream()
            async with asyncio.timeout(SOON):
                line = await lines.get()
    assert line["method"] == "POST"
    assert line["path"] == "/v1/chat/completions"
    assert line["status"] == 200
    assert line["competitor"] == "beta"
    assert line["bytes"] == len(answer.response.content)
    assert line["complete"] is True
    assert 0 < line["ttfb"] <= line["seconds"]
    assert line["request_id"] == answer.response.headers["x-request-id"]
    assert lines.empty()


async def test_the_access_log_tells_of_an_error_inside_a_stream() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        raise errors.CompetitorFailed("it fell over")

    async with running_edge() as edge:
        edge.router.answer = answer
        with access_log() as lines:
            await edge.stream()
            async with asyncio.timeout(SOON):
                assert (await lines.get())["error"] == "competitor_failed"


async def test_the_access_log_hands_out_no_artifact_link() -> None:
    async with running_edge() as edge:
        with access_log() as lines:
            await edge.client.get("/v1/artifacts/signed")
            async with asyncio.timeout(SOON):
                assert "signed" not in str(await lines.get())


@pytest.fixture(scope="module")
def _tracing() -> None:
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())


@pytest.mark.usefixtures("_tracing")
async def test_a_trace_goes_on_from_the_client_to_the_mesh() -> None:
    seen: list[int] = []

    async def answer(exchange: mesh.Exchange) -> None:
        seen.append(trace.get_current_span().get_span_context().trace_id)
        await say(exchange, "ok")

    parent = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}
    async with running_edge() as edge:
        edge.router.answer = answer
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        await edge.client.post("/v1/chat/completions", json=body, headers=parent)
        await edge.client.get("/v1/models", headers={**parent, "x-request-id": "mine"})
    assert [trace.format_trace_id(trace_id) for trace_id in seen] == [TRACE_ID]
    assert edge.router.metadata["traceparent"].split("-")[1] == TRACE_ID
    assert edge.router.metadata["x-request-id"] == "mine"


async def test_the_openapi_document_is_whole() -> None:
    async with running_edge() as edge:
        document = (await edge.client.get("/openapi.json")).json()
    text = str(document)
    for name in set(re.findall(r"#/components/schemas/([\w-]+)", text)):
        assert name in document["components"]["schemas"]
    assert "$defs" not in text
    operations = {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == {
        "post /v1/chat/completions",
        "get /v1/models",
        "get /v1/models/{model_id}",
        "get /v1/artifacts/{artifact_id}",
        "head /v1/artifacts/{artifact_id}",
        "post /api/competition/runs",
        "get /api/competition/runs/{run_id}",
        "get /api/competition/leaderboard",
        "get /api/competition/history",
        "get /api/competition/submissions",
        "post /api/competition/submissions",
        "post /api/competition/arena/battles",
        "post /api/competition/arena/answers",
        "post /api/competition/arena/votes",
        "get /api/competition/arena/ratings",
        "get /api/marketplace/components",
        "post /api/marketplace/components/{component_id}/try",
        "get /health",
        "get /metrics",
    }
    assert not any("422" in operation["responses"] for operation in operations.values())


async def test_answers_are_as_the_openapi_document_says() -> None:
    async with running_edge() as edge:
        document = (await edge.client.get("/openapi.json")).json()
        whole = (await edge.chat()).json()
        chunks = (await edge.stream(stream_options={"include_usage": True})).chunks
        refused = (await edge.chat(temperature=9)).json()

    def check(instance: object, schema: str) -> None:
        jsonschema.validate(instance, {"$ref": f"#/components/schemas/{schema}", **document})

    check(whole, "ChatCompletion")
    check(refused, "ErrorResponse")
    for chunk in chunks:
        check(chunk, "ChatCompletionChunk")


async def test_the_docs_page_needs_nothing_from_elsewhere() -> None:
    async with running_edge() as edge:
        response = await edge.client.get("/docs")
    assert response.headers["content-type"].startswith("text/html")
    assert "/v1/chat/completions" in response.text
    assert "temperature" in response.text
    assert not re.search(r"<script|https?://", response.text)
