"""What the HTTP services share: refusals in one shape, bodies within bounds, departures, an orderly end."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send
from support.http_service import serving
from support.stack import free_port

import janus_mesh as mesh
from janus_mesh.errors import Overloaded, Unauthenticated
from janus_mesh.http import (
    ClientLeft,
    answer_errors,
    client_left,
    error_event,
    metrics_route,
    read_body,
    request_id,
    while_present,
)
from janus_mesh.http.errors import error_response

LIMIT = 10


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    answer_errors(app, "the test")
    app.include_router(metrics_route())

    @app.post("/full")
    async def full() -> None:
        raise Overloaded("no room", retry_after=1.2)

    @app.post("/bug")
    async def bug() -> None:
        raise KeyError("a secret")

    @app.post("/field")
    async def field(count: int) -> int:
        return count

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await read_body(request.headers, request.receive, limit=LIMIT))

    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(app) as url, httpx.AsyncClient(base_url=url, verify=False) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "param"),
    [
        ("POST", "/full", 429, "overloaded", None),
        ("POST", "/bug", 500, "internal_error", None),
        ("POST", "/field?count=many", 400, "invalid_value", "count"),
        ("GET", "/full", 405, "method_not_allowed", None),
        ("GET", "/nothing", 404, "not_found", None),
    ],
)
async def test_every_refusal_has_openais_shape(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str, param: str | None
) -> None:
    answer = await client.request(method, path)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert "secret" not in answer.text


async def test_metrics_are_served(client: httpx.AsyncClient) -> None:
    assert "python_info" in (await client.get("/metrics")).text


def test_the_head_says_what_the_status_wants() -> None:
    assert error_response(Overloaded("m", retry_after=1.2)).headers["retry-after"] == "2"
    assert error_response(Unauthenticated("m")).headers["www-authenticate"] == "Bearer"


def test_a_cancellation_that_a_client_is_told_of_came_from_upstream() -> None:
    assert b"competitor_unavailable" in error_event(mesh.errors.Cancelled("m"))


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


@pytest.mark.parametrize("content", [lambda: b"x" * 11, lambda: chunks(6, 5)], ids=["announced", "in chunks"])
async def test_a_body_beyond_the_limit_is_refused(
    client: httpx.AsyncClient, content: Callable[[], bytes | AsyncIterator[bytes]]
) -> None:
    answer = await client.post("/body", content=content())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_a_body_within_the_limit_is_read(client: httpx.AsyncClient) -> None:
    assert (await client.post("/body", content=chunks(6, 4))).json() == LIMIT


@pytest.mark.parametrize(
    ("given", "kept"), [("req.A-1_", True), ("", False), ("a b", False), ("a" * 129, False)]
)
def test_a_well_formed_request_id_is_kept(given: str, kept: bool) -> None:
    assert (request_id({"x-request-id": given}) == given) is kept


async def test_work_is_cancelled_when_its_client_leaves_and_has_closed_when_that_is_told() -> None:
    messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    begun, closed = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.set()

    waiting = asyncio.create_task(while_present(work(), client_left(messages.get)))
    await begun.wait()
    messages.put_nowait({"type": "http.disconnect"})
    with pytest.raises(ClientLeft):
        await waiting
    assert closed.is_set()


async def test_a_service_that_stops_waits_until_cancelled_requests_have_closed_what_they_hold() -> None:
    begun, stop, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.3)  # the end of something elsewhere
            closed.set()

    port = free_port()
    serving = asyncio.create_task(mesh.serve_http(app, "127.0.0.1", port, stop, drain_seconds=0))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    await begun.wait()
    stop.set()
    await serving
    assert closed.is_set()
    writer.close()
