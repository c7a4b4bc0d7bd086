"""Native competitors that break the protocol on the wire: what their callers see, and when."""

import asyncio
import time
from typing import Any

import grpc
import pytest
from support.answers import ChatEvent, ask, finish
from support.raw_peer import HELLO, Behaviour, raw_peer

import janus_mesh as mesh
from janus_mesh import errors
from janus_mesh.link import line
from janus_proto._gen.janus.chat.v1 import chat_pb2, event_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

Response = link_pb2.LinkResponse
FRAME = chat_pb2.ChatServiceChatResponse
CONTENT = link_pb2.EVENT_KIND_CONTENT

# Far below any timeout of an exchange: the error comes at once.
SOON = 5.0


def says(*frames: bytes | event_pb2.ChatEvent, then_waits: bool = True) -> Behaviour:
    """A call that says these frames, and keeps the call open."""

    async def chat(context: Any) -> None:
        await context.read()
        for frame in frames:
            await context.write(frame if isinstance(frame, bytes) else FRAME(event=frame).SerializeToString())
        if then_waits:
            await asyncio.Event().wait()

    return chat


async def answered(peer: mesh.Peer) -> list[event_pb2.ChatEvent]:
    async with asyncio.timeout(SOON), peer.chat(ask()) as exchange:
        return [event async for event in exchange]


@pytest.mark.parametrize(
    "message",
    [
        b"\xff\xff\xff",
        Response(exchanges=[1], events=[b"x"]).SerializeToString(),
        Response(exchanges=[7], kinds=bytes([CONTENT]), events=[b"x"]).SerializeToString(),
        HELLO,
        Response(pong=2**64 - 1).SerializeToString(),
        Response(exchanges=[1], kinds=bytes([CONTENT]), events=[b"x" * 60_000_000]).SerializeToString(),
    ],
    ids=["no message", "columns", "unknown exchange", "second hello", "pong", "60 MB"],
)
async def test_a_broken_link_ends_every_exchange_on_it_at_once_with_a_retryable_error(
    message: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", "link")
    go_on = asyncio.Event()

    async def link(context: Any) -> None:
        await context.write(HELLO)
        await go_on.wait()
        await context.write(message)
        await asyncio.Event().wait()

    async with raw_peer(link) as address, mesh.dial(address) as peer:
        exchanges = [peer.chat(ask()) for _ in range(3)]
        for exchange in exchanges:
            await exchange.__aenter__()
        go_on.set()
        async with asyncio.timeout(SOON):
            for exchange in exchanges:
                with pytest.raises(errors.JanusError) as caught:
                    await anext(exchange)
                assert caught.value.retryable
                await exchange.__aexit__(None, None, None)


@pytest.mark.parametrize(
    "first",
    [
        b"\xff\xff\xff",
        b"",
        Response(hello=link_pb2.Hello(version=2)).SerializeToString(),
        Response(hello=link_pb2.Hello()).SerializeToString(),
        Response(pong=3).SerializeToString(),
        HELLO + Response(exchanges=[1], kinds=b"\3", events=[b"x"]).SerializeToString(),
    ],
    ids=["no message", "nothing", "version 2", "version 0", "pong", "events"],
)
async def test_a_wrong_greeting_is_the_competitors_failure(first: bytes) -> None:
    async def link(context: Any) -> None:
        await context.write(first)
        await asyncio.Event().wait()

    async with raw_peer(link) as address, mesh.dial(address) as peer:
        with pytest.raises(errors.CompetitorFailed):
            await answered(peer)


async def test_a_peer_that_breaks_each_link_at_once_is_dialled_ever_more_rarely() -> None:
    dialled: list[float] = []
    fifth = asyncio.Event()

    async def link(context: Any) -> None:
        dialled.append(time.monotonic())
        if len(dialled) == 5:
            fifth.set()
        await context.write(HELLO)
        await context.write(HELLO)
        await asyncio.Event().wait()

    async with raw_peer(link) as address, mesh.dial(address) as peer:
        with pytest.raises(errors.Unavailable):
            await answered(peer)
        async with asyncio.timeout(10):
            await fifth.wait()
    # Half of 0.1, 0.2, 0.4 and 0.8 s at least, jitter being what it is.
    assert dialled[4] - dialled[0] > 0.7


@pytest.mark.parametrize("talks", [False, True], ids=["silent", "talks but reads nothing"])
async def test_a_peer_that_answers_no_ping_is_given_up(talks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_PING_SECONDS", 0.02)
    monkeypatch.setattr(line, "_SILENCE_SECONDS", 0.1)

    async def link(context: Any) -> None:
        await context.write(HELLO)
        while talks:
            await context.write(b"")
            await asyncio.sleep(0.01)
        await asyncio.Event().wait()

    async with raw_peer(link) as address, mesh.dial(address) as peer:
        with pytest.raises(errors.Unavailable):
            await answered(peer)


async def test_first_chats_at_once_to_a_peer_without_links_are_all_answered() -> None:
    async with raw_peer(chat=says(ChatEvent(content="yes"), finish())) as address, mesh.dial(address) as peer:
        answers = await asyncio.gather(*(answered(peer) for _ in range(20)))
    assert {answer[0].content for answer in answers} == {"yes"}


async def test_closing_a_peer_fails_the_chats_that_wait_for_a_link() -> None:
    asked = asyncio.Event()

    async def link(context: Any) -> None:
        asked.set()
        await asyncio.Event().wait()

    async with raw_peer(link) as address:
        peer = mesh.dial(address)
        waiting = [asyncio.create_task(answered(peer)) for _ in range(3)]
        await asked.wait()
        async with asyncio.timeout(SOON):
            await peer.close()
            ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ends] == [errors.Unavailable] * 3


@pytest.mark.parametrize("target", ["nowhere.invalid:1", "a..b:1"])
async def test_callers_of_a_name_that_does_not_resolve_all_learn_it(target: str) -> None:
    async with mesh.dial(target) as peer:
        ends = await asyncio.gather(*(answered(peer) for _ in range(3)), return_exceptions=True)
        assert [type(end) for end in ends] == [errors.Unavailable] * 3


async def test_closing_a_peer_while_its_name_is_looked_up_is_no_cancellation() -> None:
    peer = mesh.dial("nowhere.invalid:1")
    waiting = asyncio.create_task(answered(peer))
    await asyncio.sleep(0)
    await peer.close()
    with pytest.raises(errors.Unavailable):
        await waiting


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (says(b"\xff\xff\xff"), "cannot be read"),
        (says(FRAME(seq=3, event=finish()).SerializeToString()), "number 3"),
        (says(FRAME(event=ChatEvent(content="x" * 6_000_000)).SerializeToString()), "too large"),
        (says(then_waits=False), "without an ending"),
    ],
    ids=["no message", "seq", "6 MB", "nothing"],
)
async def test_a_call_that_breaks_the_protocol_is_the_competitors_failure(
    behaviour: Behaviour, error: str
) -> None:
    async with raw_peer(chat=behaviour) as address, mesh.dial(address) as peer:
        with pytest.raises(errors.CompetitorFailed, match=error):
            await answered(peer)


async def test_nothing_after_the_finish_of_a_call_is_heard_and_the_call_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def chat(context: Any) -> None:
        await context.read()
        try:
            for event in (ChatEvent(content="a"), finish(), ChatEvent(content="more"), finish()):
                await context.write(FRAME(event=event).SerializeToString())
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with raw_peer(chat=chat) as address, mesh.dial(address) as peer:
        assert [event.content for event in await answered(peer)] == ["a", ""]
        async with asyncio.timeout(SOON):
            await cancelled.wait()


async def test_an_error_event_counts_though_the_call_ends_well() -> None:
    failed = ChatEvent(error=errors.CompetitorFailed("broken").to_proto())
    async with raw_peer(chat=says(failed, then_waits=False)) as address, mesh.dial(address) as peer:
        with pytest.raises(errors.CompetitorFailed, match="broken"):
            await answered(peer)


async def test_a_text_longer_than_one_message_arrives_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "é🤠" * 3_000_000

    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(choice=0, reasoning=text))
        await exchange.send(text)
        await exchange.send(finish())

    for transport in ("link", "rpc"):
        monkeypatch.setenv("JANUS_MESH_TRANSPORT", transport)
        server = mesh.Server(drain_seconds=0.1)
        server.serve_chat(answer)
        async with server, mesh.dial(server.address) as peer, peer.chat(ask()) as exchange:
            events = [event async for event in exchange]
        assert "".join(event.reasoning for event in events) == text
        assert "".join(event.content for event in events) == text


async def test_an_event_that_is_too_large_and_no_text_is_an_error_and_no_stall() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(artifact=event_pb2.Artifact(url="data:" + "x" * 5_000_000)))

    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server, mesh.dial(server.address) as peer:
        with pytest.raises(errors.CompetitorFailed, match="artifact"):
            await answered(peer)


async def test_a_killed_link_is_an_error_for_each_exchange() -> None:
    async def link(context: Any) -> None:
        await context.write(HELLO)
        await context.read()
        await context.abort(grpc.StatusCode.INTERNAL, "gone")

    async with raw_peer(link) as address, mesh.dial(address) as peer:
        ends = await asyncio.gather(*(answered(peer) for _ in range(3)), return_exceptions=True)
    assert [type(end) for end in ends] == [errors.Unavailable] * 3
