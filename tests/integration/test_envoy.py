"""What Envoy does to requests and streams, between clients and upstreams that this file plays."""

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc
import httpx
import pytest
import pytest_asyncio
from support.answers import ask
from support.envoy import Config, Envoy, running
from support.upstreams import FLOOD, ChatServer, EdgeDouble, Script, serving

import janus_mesh as mesh
from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import chat_pb2, chat_pb2_grpc

LISTENERS = ("http", "grpc")
SILENCE_SECONDS = 16.0  # Envoy's default is to end any answer after 15 s
PROMPT_SECONDS = 1.0  # for what takes milliseconds, on a busy machine

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Front:
    """Envoy and what stands behind it."""

    envoy: Envoy
    edge: EdgeDouble
    router: ChatServer
    router_server: mesh.Server

    def script(self, listener: str) -> Script:
        return self.edge.script if listener == "http" else self.router.script


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing_front(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    edge, router, server = EdgeDouble(), ChatServer(), mesh.Server(drain_seconds=0.1)
    server.serve_chat(router.answer)
    async with server, serving(edge) as edge_port:
        config = Config().for_test(edge_port=edge_port, router_port=server.port)
        async with running(config, tmp_path_factory.mktemp("envoy")) as envoy:
            yield Front(envoy, edge, router, server)


@pytest_asyncio.fixture(loop_scope="module")
async def front(standing_front: Front) -> Front:
    """The one Envoy of this file, with healthy upstreams that have said nothing yet."""
    standing_front.edge.script, standing_front.router.script = Script(), Script()
    standing_front.edge.healthy = True
    await standing_front.router_server.set_health("", True)
    for cluster in ("edge", "router"):
        await standing_front.envoy.until_open(cluster)
    return standing_front


# Streams.


async def test_a_long_silence_ends_no_stream(front: Front) -> None:
    async def spell(listener: str) -> list[str]:
        script = front.script(listener)
        script.say("before")
        async with front.envoy.chat(listener) as words:
            heard = [await anext(words)]
            await asyncio.sleep(SILENCE_SECONDS)
            script.say("after")
            script.end()
            return heard + [word async for word in words]

    assert await asyncio.gather(*map(spell, LISTENERS)) == [["before", "after"]] * 2


@pytest.mark.parametrize("listener", LISTENERS)
async def test_slow_clients_hold_up_nobody_else(front: Front, listener: str) -> None:
    stalled = {"http": 4, "grpc": 20}[listener]  # all calls share one connection to the router
    async with AsyncExitStack() as stack:
        for _ in range(stalled):
            await stack.enter_async_context(stalling(front, listener))
        await front.envoy.until_paused({"http": "edge", "grpc": "router"}[listener], stalled)
        front.script(listener).say("hello")
        async with asyncio.timeout(5), front.envoy.chat(listener) as words:
            assert await anext(words) == "hello"


@asynccontextmanager
async def stalling(front: Front, listener: str) -> AsyncIterator[None]:
    """A client that asks for a flood, on a connection of its own, and reads nothing of it."""
    if listener == "http":
        reader, writer = await asyncio.open_connection(
            front.envoy.http.host, front.envoy.http.port, limit=1024
        )
        body = json.dumps({"model": FLOOD})
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(f"{head}{body}".encode())
        await reader.readline()
        try:
            yield
        finally:
            writer.transport.abort()
    else:
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0)]
        async with grpc.aio.insecure_channel(front.envoy.grpc, options) as channel:
            call = chat_pb2_grpc.ChatServiceStub(channel).Chat()
            await call.write(chat_pb2.ChatServiceChatRequest(request=ask(FLOOD)))
            await call.read()
            yield
            call.cancel()


async def test_an_answer_cut_short_never_looks_complete(front: Front) -> None:
    front.edge.script.say("one")
    async with front.envoy.chat("http") as words:
        assert await anext(words) == "one"
        front.edge.script.fail(errors.Internal("broken off"))
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(words)


async def test_the_callers_deadline_reaches_the_router(front: Front) -> None:
    script = front.router.script
    async with front.envoy.peer.chat(ask(), deadline=0.5) as exchange:
        with pytest.raises(errors.DeadlineExceeded):
            await anext(exchange)
    assert script.time_remaining is not None
    assert 0 < script.time_remaining < 0.6  # gRPC rounds it up for the wire
    async with asyncio.timeout(PROMPT_SECONDS):
        await script.left.wait()


# Health.


async def test_an_unhealthy_edge_gets_no_request_until_it_is_well(front: Front) -> None:
    front.edge.healthy = False
    await front.envoy.until_open("edge", False)
    refused = await front.envoy.client.get("/v1/models")
    assert refused.status_code == 503
    assert refused.json()["error"] == {
        "message": "no healthy upstream",
        "type": "service_unavailable_error",
        "param": None,
        "code": "gateway_unavailable",
    }
    assert refused.headers["x-request-id"]

    front.edge.healthy = True
    await front.envoy.until_open("edge")
    assert (await front.envoy.client.get("/v1/models")).status_code == 200


async def test_an_unhealthy_router_gets_no_chat_until_it_is_well(front: Front) -> None:
    await front.router_server.set_health("", False)
    await front.envoy.until_open("router", False)
    async with front.envoy.chat("grpc") as words:
        with pytest.raises(errors.Unavailable, match="no healthy upstream"):
            await anext(words)

    await front.router_server.set_health("", True)
    await front.envoy.until_open("router")
    front.router.script.say("hello")
    async with front.envoy.chat("grpc") as words:
        assert await anext(words) == "hello"


@pytest.mark.parametrize("listener", LISTENERS)
async def test_a_live_stream_outlives_its_upstreams_health(front: Front, listener: str) -> None:
    script = front.script(listener)
    script.say("one")
    async with front.envoy.chat(listener) as words:
        assert await anext(words) == "one"
        front.edge.healthy = False
        await front.router_server.set_health("", False)
        for cluster in ("edge", "router"):
            await front.envoy.until_open(cluster, False)
        script.say("two")
        assert await anext(words) == "two"


# Requests on their way to the edge.


@dataclass
class Seen:
    """A request as it reached the edge, and the answer's head as it reached the client."""

    path: str
    headers: dict[str, str]
    answered: httpx.Headers


async def seen(front: Front, path: str = "/v1/models", **headers: str) -> Seen:
    sent = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
    answer = await front.envoy.client.get(path, headers=sent)
    assert answer.status_code == 200, answer.text
    arrived = answer.json()
    return Seen(arrived["path"], dict(arrived["headers"]), answer.headers)


async def test_a_valid_request_id_is_kept(front: Front) -> None:
    for given in ("a", "req_1.2-3", "x" * 128, "7a3d0000-0000-4000-8000-000000000000"):
        request = await seen(front, x_request_id=given)
        assert request.headers["x-request-id"] == request.answered["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, 'a"b', "a,b", "é", "a:b"])
async def test_any_other_request_id_is_replaced(front: Front, given: str) -> None:
    request = await seen(front, x_request_id=given)
    replaced = request.headers["x-request-id"]
    assert replaced not in ("", given)
    assert request.answered["x-request-id"] == replaced


async def test_a_request_without_an_id_gets_one_of_its_own(front: Front) -> None:
    ids = {(await seen(front)).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_the_edge_learns_who_asked_and_under_which_name(front: Front) -> None:
    request = await seen(front, x_forwarded_for="6.6.6.6", x_forwarded_proto="https", forwarded="for=6.6.6.6")
    claimed, added = request.headers["x-forwarded-for"].split(",")
    assert claimed == "6.6.6.6"
    assert ipaddress.ip_address(added)
    assert request.headers["x-forwarded-proto"] == "http"
    assert request.headers["x-forwarded-host"] == request.headers["host"] == front.envoy.http.netloc.decode()
    assert "forwarded" not in request.headers


async def test_the_trace_context_passes_untouched(front: Front) -> None:
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    request = await seen(front, traceparent=traceparent, tracestate="a=b")
    assert (request.headers["traceparent"], request.headers["tracestate"]) == (traceparent, "a=b")


async def test_a_client_cannot_steer_the_proxy(front: Front) -> None:
    orders = {"x_envoy_upstream_rq_timeout_ms": "1", "x_envoy_retry_on": "5xx", "x_envoy_max_retries": "9"}
    request = await seen(front, **orders)
    assert not {order.replace("_", "-") for order in orders} & set(request.headers)
    assert not [name for name in request.answered if name.startswith("x-envoy")]


async def test_a_slash_inside_a_model_id_stays_escaped(front: Front) -> None:
    assert (await seen(front, "/v1/models/org%2Fname")).path == "/v1/models/org%2Fname"


@pytest.mark.parametrize("target", [b"/metrics", b"/v1/../metrics", b"//metrics", b"/metrics?a=b"])
async def test_metrics_are_not_for_the_public(front: Front, target: bytes) -> None:
    answer = await front.envoy.client.get("/", extensions={"target": target})
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "there is no /metrics")


async def test_a_path_is_normalised(front: Front) -> None:
    target = {"target": b"/v1//artifacts/../models"}  # httpx would tidy it up by itself
    answer = await front.envoy.client.get("/", extensions=target)
    assert answer.json()["path"] == "/v1/models"


async def test_a_header_that_could_pass_for_another_is_refused_as_the_edge_would(front: Front) -> None:
    refused = await front.envoy.client.get("/v1/models", headers={"x_request_id": "a"})
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"


async def test_the_access_log_keeps_queries_to_itself(front: Front) -> None:
    await seen(front, "/v1/models?key=secret", x_request_id="req_queries")
    assert (await front.envoy.access_log("req_queries"))["path"] == "/v1/models"
