"""Peers that are restarted as another version, and what is not taken for a peer's silence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from support.answers import ChatEvent, ask, finish, say
from support.raw_peer import CHAT, HELLO, LINK, raw_call, raw_peer

import janus_mesh as mesh
from janus_mesh.errors import DeadlineExceeded, Unavailable
from janus_mesh.link import events, line
from janus_proto._gen.janus.chat.v1 import chat_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

FINISHED = finish().SerializeToString()
# A request by either form, from a caller that takes a single event.
OPENINGS = {
    LINK: link_pb2.LinkRequest(
        frames=[link_pb2.Frame(exchange=1, open=link_pb2.Open(request=ask(), credit=1))]
    ),
    CHAT: chat_pb2.ChatServiceChatRequest(request=ask(), credit=1),
}


def response(*columns: tuple[int, int, bytes]) -> bytes:
    exchanges, kinds, data = zip(*columns, strict=True)
    message = link_pb2.LinkResponse(exchanges=exchanges, kinds=bytes(kinds), events=data)
    return message.SerializeToString()


@asynccontextmanager
async def serving(answer: mesh.Answer) -> AsyncIterator[str]:
    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server:
        yield server.address


async def test_a_link_that_is_opened_during_a_drain_is_refused() -> None:
    go_on, began = asyncio.Event(), asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        began.set()
        await go_on.wait()
        await say(exchange, "done")

    server = mesh.Server(drain_seconds=5)
    server.serve_chat(answer)
    await server.__aenter__()
    async with mesh.dial(server.address) as first, first.chat(ask()) as exchange:
        await began.wait()
        leaving = asyncio.create_task(server.__aexit__(None, None, None))
        async with asyncio.timeout(5):
            while not first._links._lines.copy().popitem()[1].link.draining:  # type: ignore[union-attr]
                await asyncio.sleep(0)
            async with mesh.dial(server.address) as second:
                with pytest.raises(Unavailable):
                    async with second.chat(ask()):
                        pass
        go_on.set()
        assert (await anext(exchange)).HasField("start")
        await leaving


class Changing:
    """A peer whose links come and go, as when it is restarted as another version."""

    def __init__(self) -> None:
        self.linked = asyncio.Event()

    async def chat(self, context: Any) -> None:
        await context.read()
        for event in (ChatEvent(content="by a call"), finish()):
            await context.write(chat_pb2.ChatServiceChatResponse(event=event).SerializeToString())

    async def link(self, context: Any) -> None:
        self.linked.set()
        await context.write(HELLO)
        message = link_pb2.LinkRequest.FromString(await context.read())
        while not message.frames:
            message = link_pb2.LinkRequest.FromString(await context.read())
        number = message.frames[0].exchange
        columns = [(number, events.CONTENT, b"by a link"), (number, events.FINISH, FINISHED)]
        await context.write(response(*columns))
        await asyncio.Event().wait()


async def said_by(peer: mesh.Peer) -> str:
    async with asyncio.timeout(5), peer.chat(ask()) as exchange:
        return "".join([event.content async for event in exchange])


async def test_a_peer_that_is_restarted_with_links_is_reached_over_them_and_without_again_by_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line, "_UNSUPPORTED_SECONDS", 0.05)
    changing = Changing()
    async with raw_peer(chat=changing.chat) as address:
        port = int(address.rpartition(":")[2])
        peer = mesh.dial(address)
        assert await said_by(peer) == "by a call"
    async with raw_peer(changing.link, changing.chat, port=port):
        async with asyncio.timeout(10):
            await changing.linked.wait()
            while await said_or_lost(peer) != "by a link":
                await asyncio.sleep(0.01)
    async with raw_peer(chat=changing.chat, port=port), asyncio.timeout(10):
        while await said_or_lost(peer) != "by a call":
            await asyncio.sleep(0.01)
    await peer.close()


async def said_or_lost(peer: mesh.Peer) -> str:
    try:
        return await said_by(peer)
    except Unavailable:
        return "lost"


async def test_while_this_process_does_not_run_no_peer_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_PING_SECONDS", 0.05)
    monkeypatch.setattr(line, "_SILENCE_SECONDS", 1.0)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def link(context: Any) -> None:
        await context.write(HELLO)
        began.set()
        await go_on.wait()
        await context.write(response((1, events.FINISH, FINISHED)))
        await asyncio.Event().wait()

    loop = asyncio.get_running_loop()
    async with raw_peer(link) as address, mesh.dial(address) as peer, peer.chat(ask()) as exchange:
        await began.wait()
        stopped_until = loop.time() + 1.5
        while loop.time() < stopped_until:  # nothing else runs on this loop
            pass
        for _ in range(20):  # the timers that are due by now
            await asyncio.sleep(0)
        go_on.set()
        async with asyncio.timeout(5):
            assert (await anext(exchange)).HasField("finish")


@pytest.mark.parametrize("transport", ["link", "rpc"])
async def test_while_this_process_does_not_run_no_answer_is_silent(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", transport)
    go_on = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send("a")
        await go_on.wait()
        await exchange.send(finish())

    loop = asyncio.get_running_loop()
    async with (
        serving(answer) as address,
        mesh.dial(address) as peer,
        peer.chat(ask(), gap=0.5) as exchange,
    ):
        await anext(exchange)
        reading = asyncio.ensure_future(anext(exchange))
        await asyncio.sleep(0)
        stopped_until = loop.time() + 2.0
        while loop.time() < stopped_until:
            pass
        for _ in range(20):
            await asyncio.sleep(0)
        go_on.set()
        assert (await reading).HasField("finish")


@pytest.mark.parametrize("method", OPENINGS)
async def test_a_caller_without_a_deadline_that_reads_nothing_does_not_hold_a_relay(method: str) -> None:
    ended: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def floods(exchange: mesh.Exchange) -> None:
        while True:
            await exchange.send("x" * 10_000)

    async with serving(floods) as behind, mesh.dial(behind) as peer:

        async def forward(exchange: mesh.Exchange) -> None:
            try:
                async with peer.chat(exchange.request, deadline=0.5) as upstream:
                    await exchange.relay(upstream)
            except mesh.errors.JanusError as error:
                ended.set_result(error)
                raise

        async with serving(forward) as address, raw_call(address, method) as call:
            await call.write(OPENINGS[method].SerializeToString())
            async with asyncio.timeout(5):
                assert isinstance(await ended, DeadlineExceeded)
