"""The front that production puts before edge and router: what it lets through, how, and what it adds."""

import asyncio
import ipaddress
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass

import grpc
import httpx
import pytest
import pytest_asyncio
from support.answers import ask
from support.envoy import BIN, Config, Edge, Envoy, Router, Script, running, serving

import janus_mesh as mesh
from janus_mesh import errors, logs
from janus_proto._gen.janus.chat.v1 import chat_pb2, chat_pb2_grpc
from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc

LISTENERS = ("http", "grpc")
SILENCE_SECONDS = 16.0  # Envoy's default is to end any answer after 15 s
PROMPT_SECONDS = 1.0  # for what takes milliseconds, on a busy machine

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Front:
    """Envoy, what stands behind it, and a client of each kind before it."""

    envoy: Envoy
    edge: Edge
    router: Router
    router_server: mesh.Server
    client: httpx.AsyncClient
    peer: mesh.Peer
    request_id: str = ""

    def script(self, listener: str) -> Script:
        return self.edge.script if listener == "http" else self.router.script

    @asynccontextmanager
    async def chat(self, listener: str) -> AsyncIterator[AsyncIterator[str]]:
        """Gives the words of an answer as they arrive; leaving the block hangs up."""
        if listener == "http":
            body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": True}
            posting = self.client.stream(
                "POST", "/v1/chat/completions", json=body, headers={"x-request-id": self.request_id}
            )
            async with posting as response, aclosing(sse_words(response)) as words:
                yield words
        else:
            with logs.bound(request_id=self.request_id):
                async with self.peer.chat(ask()) as exchange, aclosing(mesh_words(exchange)) as words:
                    yield words


async def sse_words(response: httpx.Response) -> AsyncGenerator[str, None]:
    assert response.status_code == 200
    async for line in response.aiter_lines():
        if line.startswith("data: {"):
            yield json.loads(line[6:])["choices"][0]["delta"]["content"]


async def mesh_words(exchange: mesh.ClientExchange) -> AsyncGenerator[str, None]:
    async for event in exchange:
        if event.content:
            yield event.content


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing_front(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    edge, router, server = Edge(), Router(), mesh.Server(drain_seconds=0.1)
    server.serve_chat(router.answer)
    async with server, serving(edge) as edge_port:
        config = Config().for_test(edge_port=edge_port, router_port=server.port)
        async with (
            running(config, tmp_path_factory.mktemp("envoy")) as envoy,
            httpx.AsyncClient(base_url=envoy.http, timeout=30) as client,
            mesh.dial(envoy.grpc) as peer,
        ):
            yield Front(envoy, edge, router, server, client, peer)


@pytest_asyncio.fixture(loop_scope="module")
async def front(standing_front: Front) -> Front:
    """The one Envoy of this file, with healthy upstreams that have said nothing yet."""
    standing_front.edge.script, standing_front.router.script = Script(), Script()
    standing_front.request_id = f"req_{uuid.uuid4().hex}"
    standing_front.edge.healthy = True
    await standing_front.router_server.set_health("", True)
    for cluster in ("edge", "router"):
        await standing_front.envoy.until_open(cluster)
    return standing_front


# Streams, on both listeners.


@pytest.mark.parametrize("listener", LISTENERS)
async def test_each_word_arrives_before_the_next_is_said(front: Front, listener: str) -> None:
    script = front.script(listener)
    script.say("0")
    async with asyncio.timeout(10), front.chat(listener) as words:
        async for word in words:
            if word == "9":
                script.end()
            else:
                script.say(str(int(word) + 1))
        assert word == "9"


async def test_a_long_silence_ends_no_stream(front: Front) -> None:
    async def spell(listener: str) -> list[str]:
        script = front.script(listener)
        script.say("before")
        async with front.chat(listener) as words:
            heard = [await anext(words)]
            await asyncio.sleep(SILENCE_SECONDS)
            script.say("after")
            script.end()
            return heard + [word async for word in words]

    assert await asyncio.gather(*map(spell, LISTENERS)) == [["before", "after"]] * 2


@pytest.mark.parametrize("listener", LISTENERS)
async def test_a_client_that_hangs_up_is_noticed_upstream_at_once(front: Front, listener: str) -> None:
    script = front.script(listener)
    script.say("one")
    async with front.chat(listener) as words:
        assert await anext(words) == "one"
        assert not script.left.is_set()
    async with asyncio.timeout(PROMPT_SECONDS):
        await script.left.wait()


@pytest.mark.parametrize("listener", LISTENERS)
async def test_a_client_that_hangs_up_before_the_first_word_is_noticed_too(
    front: Front, listener: str
) -> None:
    script = front.script(listener)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), front.chat(listener) as words:
            await anext(words)
    async with asyncio.timeout(PROMPT_SECONDS):
        await script.left.wait()


@pytest.mark.parametrize("listener", LISTENERS)
async def test_slow_clients_hold_up_nobody_else(front: Front, listener: str) -> None:
    stalled = {"http": 4, "grpc": 40}[listener]  # all calls share one connection to the router
    async with AsyncExitStack() as stack:
        for _ in range(stalled):
            await stack.enter_async_context(stalling(front, listener))
        await front.envoy.until_paused({"http": "edge", "grpc": "router"}[listener], stalled)
        front.script(listener).say("hello")
        async with asyncio.timeout(5), front.chat(listener) as words:
            assert await anext(words) == "hello"


@asynccontextmanager
async def stalling(front: Front, listener: str) -> AsyncIterator[None]:
    """A client that asks for a flood, on a connection of its own, and reads nothing of it."""
    if listener == "http":
        address = httpx.URL(front.envoy.http)
        reader, writer = await asyncio.open_connection(address.host, address.port, limit=1024)
        body = json.dumps({"model": "flood"})
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n\r\n"
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
            await call.write(chat_pb2.ChatServiceChatRequest(request=ask("flood")))
            await call.read()
            yield
            call.cancel()


# Health.


async def test_an_unhealthy_edge_gets_no_request_until_it_is_well(front: Front) -> None:
    front.edge.healthy = False
    await front.envoy.until_open("edge", False)
    refused = await front.client.get("/v1/models")
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
    assert (await front.client.get("/v1/models")).status_code == 200


async def test_an_unhealthy_router_gets_no_chat_until_it_is_well(front: Front) -> None:
    await front.router_server.set_health("", False)
    await front.envoy.until_open("router", False)
    async with front.chat("grpc") as words:
        with pytest.raises(errors.Unavailable, match="no healthy upstream"):
            await anext(words)

    await front.router_server.set_health("", True)
    await front.envoy.until_open("router")
    front.router.script.say("hello")
    async with front.chat("grpc") as words:
        assert await anext(words) == "hello"


@pytest.mark.parametrize("listener", LISTENERS)
async def test_a_live_stream_outlives_its_upstreams_health(front: Front, listener: str) -> None:
    script = front.script(listener)
    script.say("one")
    async with front.chat(listener) as words:
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
    answer = await front.client.get(path, headers=sent)
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
    assert (
        request.headers["x-forwarded-host"]
        == request.headers["host"]
        == httpx.URL(front.envoy.http).netloc.decode()
    )
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


async def test_a_path_is_normalised(front: Front) -> None:
    url = f"{front.envoy.http}/v1//artifacts/../models"
    shown = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--path-as-is", url, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await shown.communicate()
    assert json.loads(answer)["path"] == "/v1/models"


async def test_a_header_that_could_pass_for_another_is_refused_as_the_edge_would(front: Front) -> None:
    refused = await front.client.get("/v1/models", headers={"x_request_id": "a"})
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"


# Calls on their way to the router.


async def test_the_callers_deadline_reaches_the_router(front: Front) -> None:
    async with front.peer.chat(ask(), deadline=0.5) as exchange:
        with pytest.raises(errors.DeadlineExceeded):
            await anext(exchange)
    async with asyncio.timeout(PROMPT_SECONDS):
        await front.router.script.left.wait()


async def test_grpcurl_streams_a_chat_by_reflection(front: Front) -> None:
    script = front.router.script
    question = json.dumps({"request": {"model": "m", "messages": [{"role": "ROLE_USER", "text": "hello"}]}})
    tool = await asyncio.create_subprocess_exec(
        *(str(BIN / "grpcurl"), "-plaintext", "-d", question, front.envoy.grpc, f"{mesh.CHAT_SERVICE}/Chat"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert tool.stdout is not None
    async with asyncio.timeout(10):
        for word in ("one", "two", "three"):
            script.say(word)
            while f'"content": "{word}"' not in (await tool.stdout.readline()).decode():
                assert not tool.stdout.at_eof()
        script.end()
        assert b'"finish"' in await tool.stdout.read()
        assert await tool.wait() == 0


async def test_outsiders_cannot_change_the_registry(front: Front) -> None:
    stub = front.peer.stub(router_pb2_grpc.RouterServiceStub)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.RegisterCompetitor(
            router_pb2.RegisterCompetitorRequest(), metadata=[("x-request-id", front.request_id)]
        )
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert (await front.envoy.access_log(front.request_id))["details"] == "route_not_found"


# The access log.


async def test_the_access_log_tells_of_a_chat_over_http(front: Front) -> None:
    script = front.edge.script
    script.say("hello")
    script.end()
    async with front.chat("http") as words:
        assert [word async for word in words] == ["hello"]
    line = await front.envoy.access_log(front.request_id)
    assert line["method"] == "POST"
    assert line["path"] == "/v1/chat/completions"
    assert line["status"] == 200
    assert line["flags"] == "-"
    assert line["upstream_cluster"] == "edge"
    assert line["upstream"].startswith("127.0.0.1:")
    assert line["bytes_sent"] > 0
    assert line["first_byte_ms"] <= line["duration_ms"]


async def test_the_access_log_tells_of_a_chat_over_grpc(front: Front) -> None:
    front.router.script.end()
    async with front.chat("grpc") as words:
        assert [word async for word in words] == []
    line = await front.envoy.access_log(front.request_id)
    assert line["path"] == f"/{mesh.CHAT_SERVICE}/Chat"
    assert line["grpc_status"] == "OK"
    assert line["upstream_cluster"] == "router"


@pytest.mark.parametrize("listener", LISTENERS)
async def test_the_access_log_says_that_the_client_left(front: Front, listener: str) -> None:
    front.script(listener).say("one")
    async with front.chat(listener) as words:
        await anext(words)
    flag = {"http": "DC", "grpc": "DR"}[listener]  # connection closed; stream reset
    assert (await front.envoy.access_log(front.request_id))["flags"] == flag


async def test_the_access_log_keeps_queries_to_itself(front: Front) -> None:
    await seen(front, "/v1/models?key=secret", x_request_id=front.request_id)
    assert (await front.envoy.access_log(front.request_id))["path"] == "/v1/models"
