"""What a chat stream promises, whatever transport lies beneath."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog
from support.answers import ChatEvent, Witness, ask, finish, say

import janus_mesh as mesh
from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import event_pb2


@pytest.fixture(autouse=True, params=["rpc", "link"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every promise is kept by both transports."""
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", request.param)
    return str(request.param)


@asynccontextmanager
async def serving(answer: mesh.Answer) -> AsyncIterator[mesh.Peer]:
    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server, mesh.dial(server.address) as peer:
        yield peer


async def collect(peer: mesh.Peer, **options: float) -> list[event_pb2.ChatEvent]:
    async with peer.chat(ask(), **options) as exchange:
        return [event async for event in exchange]


async def test_events_arrive_in_order_and_end_with_the_finish() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange, *(str(number) for number in range(500)))

    async with serving(answer) as peer:
        events = await collect(peer)
    assert [event.content for event in events if event.content] == [str(number) for number in range(500)]
    assert events[-1].finish.usage.completion_tokens == 500


async def test_the_request_arrives_whole() -> None:
    seen = asyncio.get_running_loop().create_future()

    async def answer(exchange: mesh.Exchange) -> None:
        seen.set_result(exchange.request)
        await say(exchange)

    request = ask(text="x" * 5_000_000, extra_json='{"future":1}', temperature=0.0)
    async with serving(answer) as peer, peer.chat(request) as exchange:
        async for _ in exchange:
            pass
    assert await seen == request


async def test_an_events_payload_is_not_touched() -> None:
    sent = ChatEvent(choice=3, content="é\u0000🤠", extras=event_pb2.Extras(delta_json='{"a":[1]}'))

    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(sent)
        await exchange.send(finish())

    async with serving(answer) as peer:
        events = await collect(peer)
    assert events[0] == sent


async def test_a_typed_error_is_raised_after_the_events_before_it() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="so far"))
        raise errors.RateLimited("slow down", retry_after=7.0)

    async with serving(answer) as peer, peer.chat(ask()) as exchange:
        assert (await anext(exchange)).content == "so far"
        with pytest.raises(errors.RateLimited, match="slow down") as caught:
            await anext(exchange)
    assert caught.value.retry_after == 7.0


async def test_a_bug_in_the_answer_tells_the_caller_nothing_but_the_request_id() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        raise ValueError("secret")

    with structlog.contextvars.bound_contextvars(request_id="req_known"):
        async with serving(answer) as peer:
            with pytest.raises(errors.Internal, match="req_known") as caught:
                await collect(peer)
    assert "secret" not in caught.value.message


async def test_an_answer_that_just_stops_is_an_error() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="half"))

    async with serving(answer) as peer:
        with pytest.raises(errors.Internal, match="without an ending"):
            await collect(peer)


async def test_nothing_follows_the_ending() -> None:
    failed = asyncio.get_running_loop().create_future()

    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange, "a")
        try:
            await exchange.send(ChatEvent(content="too late"))
        except RuntimeError as error:
            failed.set_result(str(error))

    async with serving(answer) as peer, peer.chat(ask()) as exchange:
        events = [event async for event in exchange]
        assert "after the last" in await failed
    assert events[-1].HasField("finish")


async def test_a_peer_that_is_not_there_is_unavailable() -> None:
    async with mesh.dial("127.0.0.1:1") as peer:
        with pytest.raises(errors.Unavailable):
            await collect(peer)


async def test_a_new_peer_is_not_held_back_by_what_an_older_one_met() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange, "here")

    with socket.create_server(("127.0.0.1", 0)) as vacant:
        port = vacant.getsockname()[1]
    async with mesh.dial(f"127.0.0.1:{port}") as older:
        with pytest.raises(errors.Unavailable):
            await collect(older)
        server = mesh.Server(port=port, drain_seconds=0.1)
        server.serve_chat(answer)
        async with server, mesh.dial(server.address) as newer:
            assert "here" in [event.content for event in await collect(newer)]


async def test_leaving_before_the_first_event_cancels_the_answer() -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await asyncio.Event().wait()

    async with serving(answer) as peer:
        async with peer.chat(ask()):
            await witness.began.wait()
        async with asyncio.timeout(1):
            await witness.cancelled.wait()


async def test_leaving_in_the_middle_cancels_the_answer() -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await exchange.send(ChatEvent(content="a"))
            await asyncio.Event().wait()

    async with serving(answer) as peer:
        async with peer.chat(ask()) as exchange:
            await anext(exchange)
        async with asyncio.timeout(1):
            await witness.cancelled.wait()


async def test_leaving_a_flood_unread_cancels_the_answer() -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            while True:
                await witness.send(exchange, ChatEvent(content="x" * 1000))

    async with serving(answer) as peer:
        async with peer.chat(ask()) as exchange:
            await anext(exchange)
        async with asyncio.timeout(1):
            await witness.cancelled.wait()


async def test_a_cancelled_caller_cancels_the_answer() -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await asyncio.Event().wait()

    async with serving(answer) as peer:
        caller = asyncio.create_task(collect(peer, first_event=30.0))
        await witness.began.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        async with asyncio.timeout(1):
            await witness.cancelled.wait()


async def test_a_reader_that_stops_holds_its_own_answer_only() -> None:
    witness = Witness()
    event = ChatEvent(content="x" * 1000)

    async def answer(exchange: mesh.Exchange) -> None:
        if exchange.request.model == "quick":
            await say(exchange, "there")
            return
        async with witness.watching():
            while True:
                await witness.send(exchange, event)

    async with serving(answer) as peer, peer.chat(ask("flood")) as slow:
        await anext(slow)
        before = -1
        async with asyncio.timeout(10):
            while witness.sent != before:  # until the flood stands still
                before = witness.sent
                async with peer.chat(ask("quick")) as quick:
                    assert [event.content async for event in quick][1] == "there"
        assert witness.sent < 5_000
        await anext(slow)


@pytest.mark.parametrize("silent_after", [0, 2])
async def test_silence_beyond_its_bound_is_a_competitor_timeout(silent_after: int) -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            for _ in range(silent_after):
                await exchange.send(ChatEvent(content="a"))
            await asyncio.Event().wait()

    async with serving(answer) as peer:
        with pytest.raises(errors.CompetitorTimeout, match=r"next|first"):
            await collect(peer, first_event=0.1, gap=0.1)
        async with asyncio.timeout(1):
            await witness.cancelled.wait()


async def test_an_answer_that_keeps_talking_is_not_timed_out() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        for _ in range(6):
            await asyncio.sleep(0.05)
            await exchange.send(ChatEvent(content="a"))
        await exchange.send(finish())

    async with serving(answer) as peer:
        assert len(await collect(peer, first_event=0.25, gap=0.25)) == 7


async def test_the_deadline_bounds_the_whole_and_reaches_the_server() -> None:
    remaining = asyncio.get_running_loop().create_future()
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        remaining.set_result(exchange.time_remaining())
        async with witness.watching():
            while True:
                await exchange.send(ChatEvent(content="a"))
                await asyncio.sleep(0.01)

    async with serving(answer) as peer:
        with pytest.raises(errors.DeadlineExceeded):
            await collect(peer, deadline=0.5)
        assert 0.3 < await remaining < 0.6
        async with asyncio.timeout(1):
            await witness.cancelled.wait()


async def test_without_a_deadline_the_server_sees_none() -> None:
    remaining = asyncio.get_running_loop().create_future()

    async def answer(exchange: mesh.Exchange) -> None:
        remaining.set_result(exchange.time_remaining())
        await say(exchange)

    async with serving(answer) as peer:
        await collect(peer)
    assert await remaining is None


async def test_the_request_id_travels() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange, exchange.request_id)

    with structlog.contextvars.bound_contextvars(request_id="req_mine"):
        async with serving(answer) as peer:
            events = await collect(peer)
    assert events[1].content == "req_mine"


async def test_a_hundred_exchanges_share_a_peer() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange, *[exchange.request.messages[0].text] * 20)

    async def one(peer: mesh.Peer, number: int) -> None:
        async with peer.chat(ask(text=str(number))) as exchange:
            words = [event.content async for event in exchange if event.content]
        assert words == [str(number)] * 20

    async with serving(answer) as peer:
        await asyncio.gather(*(one(peer, number) for number in range(100)))


async def test_a_server_that_goes_away_ends_its_exchanges_and_is_found_again() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        if exchange.request.model == "quick":
            await say(exchange, "back")
            return
        await exchange.send(ChatEvent(content="a"))
        await asyncio.Event().wait()

    first = mesh.Server(drain_seconds=0.05)
    first.serve_chat(answer)
    async with mesh.dial(first.address) as peer:
        async with first:
            live = peer.chat(ask())
            await live.__aenter__()
            await anext(live)
        with pytest.raises(errors.Unavailable):
            await anext(live)
        await live.__aexit__(None, None, None)

        second = mesh.Server(port=first.port)
        second.serve_chat(answer)
        async with second, asyncio.timeout(3):
            while True:
                try:
                    async with peer.chat(ask("quick")) as exchange:
                        assert [event.content async for event in exchange][1] == "back"
                    return
                except errors.Unavailable:
                    await asyncio.sleep(0.05)


async def test_live_exchanges_may_finish_while_the_server_drains() -> None:
    go_on = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        await go_on.wait()
        await exchange.send(finish())

    server = mesh.Server(drain_seconds=5)
    server.serve_chat(answer)
    async with mesh.dial(server.address) as peer:
        await server.__aenter__()
        async with peer.chat(ask()) as exchange:
            await anext(exchange)
            leaving = asyncio.create_task(server.__aexit__(None, None, None))
            asyncio.get_running_loop().call_later(0.1, go_on.set)
            assert (await anext(exchange)).HasField("finish")
        await leaving


@asynccontextmanager
async def relaying(answer: mesh.Answer, *, gap: float = 30) -> AsyncIterator[mesh.Peer]:
    """A peer behind a peer, as a router is."""
    async with serving(answer) as behind:

        async def forward(exchange: mesh.Exchange) -> None:
            async with behind.chat(exchange.request, gap=gap) as upstream:
                await upstream.arrival()
                finish = await exchange.relay(upstream)
                assert finish.HasField("finish")

        async with serving(forward) as peer:
            yield peer


async def test_a_relay_passes_everything_on_untouched() -> None:
    words = [f"{number} é🤠" * (1 + number % 50) for number in range(2_000)]

    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange, *words)

    async with relaying(answer) as peer:
        events = await collect(peer)
    assert [event.content for event in events if event.content] == words
    assert events[0].start.model == "m"
    assert events[-1].finish.usage.completion_tokens == len(words)


async def test_a_relay_passes_an_error_on() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        raise errors.CompetitorFailed("broken", competitor_status=500)

    async with relaying(answer) as peer, peer.chat(ask()) as exchange:
        assert (await anext(exchange)).content == "a"
        with pytest.raises(errors.CompetitorFailed, match="broken"):
            await anext(exchange)


async def test_leaving_a_relay_cancels_what_is_behind_it() -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            while True:
                await witness.send(exchange, ChatEvent(content="x" * 1000))

    async with relaying(answer) as peer:
        async with peer.chat(ask()) as exchange:
            for _ in range(500):
                await anext(exchange)
        async with asyncio.timeout(1):
            await witness.cancelled.wait()


async def test_a_reader_that_stops_holds_what_is_behind_a_relay() -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            for _ in range(20_000):
                await witness.send(exchange, ChatEvent(content="x" * 1000))
            await exchange.send(finish())

    async with relaying(answer) as peer, peer.chat(ask()) as exchange:
        await anext(exchange)
        before = -1
        async with asyncio.timeout(10):
            while witness.sent != before:
                before = witness.sent
                await asyncio.sleep(0.1)
        assert witness.sent < 15_000  # the windows of two calls, or of two links
        assert len([event async for event in exchange]) == 20_000


async def test_silence_behind_a_relay_is_noticed_there() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        await asyncio.Event().wait()

    async with relaying(answer, gap=0.1) as peer:
        with pytest.raises(errors.CompetitorTimeout, match="next event"):
            await collect(peer)
