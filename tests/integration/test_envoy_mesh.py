"""Chats through Envoy to the real edge and router, answered by a native competitor of this file."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc
import pytest
import pytest_asyncio
from support.envoy import BIN, Config, Envoy, running
from support.stack import Stack, free_port
from support.upstreams import ChatServer, Script

import janus_mesh as mesh
from janus_mesh import errors
from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc

LISTENERS = ("http", "grpc")
PROMPT_SECONDS = 1.0  # for what takes milliseconds, on a busy machine

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Front:
    """Envoy, and the competitor at the far end."""

    envoy: Envoy
    competitor: ChatServer

    @property
    def script(self) -> Script:
        return self.competitor.script


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing_front(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    competitor, port = ChatServer(), free_port()
    server = mesh.Server(port=port, drain_seconds=0.1)
    server.serve_chat(competitor.answer)
    stack = Stack(tmp_path_factory.mktemp("stack"))
    stack.registry.write_text(f"competitors:\n  - id: native\n    url: grpc://127.0.0.1:{port}\n")
    async with server:
        try:
            for service in ("router", "edge"):
                stack.start(service)
            await asyncio.to_thread(stack.wait, "router", "edge")
            config = Config().for_test(edge_port=stack.edge_port, router_port=stack.router_port)
            async with running(config, tmp_path_factory.mktemp("envoy")) as envoy:
                yield Front(envoy, competitor)
        finally:
            await asyncio.to_thread(stack.stop)


@pytest.fixture
def front(standing_front: Front) -> Front:
    """The one Envoy of this file, before a competitor that has said nothing yet."""
    standing_front.competitor.script = Script()
    return standing_front


@pytest.mark.parametrize("listener", LISTENERS)
async def test_each_word_arrives_before_the_next_is_said(front: Front, listener: str) -> None:
    front.script.say("0")
    async with asyncio.timeout(10), front.envoy.chat(listener) as words:
        async for word in words:
            if word == "9":
                front.script.end()
            else:
                front.script.say(str(int(word) + 1))
    assert word == "9"


@pytest.mark.parametrize("listener", LISTENERS)
async def test_a_client_that_hangs_up_is_noticed_by_the_competitor(front: Front, listener: str) -> None:
    front.script.say("one")
    async with front.envoy.chat(listener) as words:
        assert await anext(words) == "one"
        assert not front.script.left.is_set()
    async with asyncio.timeout(PROMPT_SECONDS):
        await front.script.left.wait()


@pytest.mark.parametrize("listener", LISTENERS)
async def test_a_client_that_hangs_up_before_the_first_word_is_noticed_too(
    front: Front, listener: str
) -> None:
    async def listen() -> None:
        async with front.envoy.chat(listener) as words:
            await anext(words)

    listening = asyncio.create_task(listen())
    async with asyncio.timeout(10):
        await front.script.began.wait()
        listening.cancel()
        await asyncio.wait([listening])
    async with asyncio.timeout(PROMPT_SECONDS):
        await front.script.left.wait()


@pytest.mark.parametrize("listener", LISTENERS)
async def test_one_request_id_names_a_chat_from_the_access_log_to_the_competitor(
    front: Front, listener: str
) -> None:
    request_id = f"req_{uuid.uuid4().hex}"
    front.script.say("hello")
    front.script.end()
    async with front.envoy.chat(listener, request_id) as words:
        assert [word async for word in words] == ["hello"]
    assert front.script.request_id == request_id
    line = await front.envoy.access_log(request_id)
    assert line["path"] == {"http": "/v1/chat/completions", "grpc": f"/{mesh.CHAT_SERVICE}/Chat"}[listener]
    assert line["upstream_cluster"] == {"http": "edge", "grpc": "router"}[listener]


async def test_the_access_log_tells_of_a_chat(front: Front) -> None:
    request_id = f"req_{uuid.uuid4().hex}"
    front.script.say("hello")
    front.script.end()
    async with front.envoy.chat("http", request_id) as words:
        assert [word async for word in words] == ["hello"]
    line = await front.envoy.access_log(request_id)
    assert (line["method"], line["status"], line["flags"]) == ("POST", 200, "-")
    assert line["competitor"] == "native"
    assert line["upstream"].startswith("127.0.0.1:")
    assert line["bytes_received"] > 0
    assert line["bytes_sent"] > 0
    assert 0 <= line["first_byte_ms"] <= line["duration_ms"]


@pytest.mark.parametrize("listener", LISTENERS)
async def test_the_access_log_says_that_the_client_left(front: Front, listener: str) -> None:
    request_id = f"req_{uuid.uuid4().hex}"
    front.script.say("one")
    async with front.envoy.chat(listener, request_id) as words:
        await anext(words)
    flag = {"http": "DC", "grpc": "DR"}[listener]  # connection closed; stream reset
    assert (await front.envoy.access_log(request_id))["flags"] == flag


async def test_a_typed_error_keeps_its_form_over_http(front: Front) -> None:
    front.script.fail(errors.RateLimited("slow down", retry_after=7))
    body = {"model": "native", "messages": [{"role": "user", "content": "hello"}]}
    answer = await front.envoy.client.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["type"] == "rate_limit_error"


async def test_a_typed_error_keeps_its_form_over_grpc(front: Front) -> None:
    front.script.fail(errors.RateLimited("slow down", retry_after=7))
    async with front.envoy.chat("grpc") as words:
        with pytest.raises(errors.CompetitorBusy, match="slow down") as caught:
            await anext(words)
    assert caught.value.retry_after == 7


async def test_grpcurl_streams_a_chat_by_reflection(front: Front) -> None:
    request_id = f"req_{uuid.uuid4().hex}"
    message = {"role": "ROLE_USER", "text": "hello"}
    question = json.dumps({"request": {"model": "native", "messages": [message]}})
    tool = await asyncio.create_subprocess_exec(
        *(str(BIN / "grpcurl"), "-plaintext", "-rpc-header", f"x-request-id: {request_id}", "-d", question),
        *(front.envoy.grpc, f"{mesh.CHAT_SERVICE}/Chat"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert tool.stdout is not None
    async with asyncio.timeout(10):
        for word in ("one", "two", "three"):
            front.script.say(word)
            while f'"content": "{word}"' not in (await tool.stdout.readline()).decode():
                assert not tool.stdout.at_eof()
        front.script.end()
        assert b'"finish"' in await tool.stdout.read()
        assert await tool.wait() == 0
    line = await front.envoy.access_log(request_id)
    assert (line["grpc_status"], line["flags"]) == ("OK", "-")


async def test_outsiders_see_the_registry(front: Front) -> None:
    stub = front.envoy.peer.stub(router_pb2_grpc.RouterServiceStub)
    listed = await stub.ListCompetitors(router_pb2.ListCompetitorsRequest())
    assert [competitor.id for competitor in listed.competitors] == ["native"]
    described = await stub.DescribeCompetitor(router_pb2.DescribeCompetitorRequest(competitor_id="native"))
    assert described.competitor.id == "native"
    assert await anext(aiter(stub.WatchCompetitors(router_pb2.WatchCompetitorsRequest())))


@pytest.mark.parametrize("method", ["RegisterCompetitor", "DrainCompetitor"])
async def test_outsiders_cannot_change_the_registry(front: Front, method: str) -> None:
    request = getattr(router_pb2, f"{method}Request")()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(front.envoy.peer.stub(router_pb2_grpc.RouterServiceStub), method)(request)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
