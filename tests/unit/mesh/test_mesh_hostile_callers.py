"""What a caller of a server can do: be refused, or lose its own link; and a drain ends in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from support.answers import ChatEvent, Witness, ask, finish, say
from support.raw_peer import CHAT, LINK, raw_call

import janus_mesh as mesh
from janus_mesh.incoming import MAX_HEADER_BYTES, MAX_HEADERS
from janus_mesh.link import servicer
from janus_proto._gen.janus.chat.v1 import chat_pb2, event_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

Request = link_pb2.LinkRequest
Code = grpc.StatusCode


async def say_id(exchange: mesh.Exchange) -> None:
    await say(exchange, exchange.request_id)


@asynccontextmanager
async def serving(answer: mesh.Answer) -> AsyncIterator[str]:
    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server:
        yield server.address


def opening(exchange: int = 1, **fields: Any) -> link_pb2.Frame:
    fields = {"request": ask(), "credit": 10_000, **fields}
    return link_pb2.Frame(exchange=exchange, open=link_pb2.Open(**fields))


async def events_of(call: Any, exchange: int) -> list[event_pb2.ChatEvent]:
    """The events of an exchange up to its ending; content as it is on a link is made an event."""
    events: list[event_pb2.ChatEvent] = []
    while not (events and events[-1].WhichOneof("payload") in ("finish", "error")):
        message = link_pb2.LinkResponse.FromString(await call.read())
        for number, kind, data in zip(message.exchanges, message.kinds, message.events, strict=True):
            if number == exchange:
                bare = kind == link_pb2.EVENT_KIND_CONTENT
                events.append(ChatEvent(content=data.decode()) if bare else ChatEvent.FromString(data))
    return events


@pytest.mark.parametrize(
    "message",
    [
        b"\xff\xff\xff",
        Request(hello=link_pb2.Hello(version=9)).SerializeToString(),
        Request(frames=[opening(0)]).SerializeToString(),
        Request(frames=[link_pb2.Frame(exchange=5)]).SerializeToString(),
    ],
    ids=["no message", "version 9", "exchange 0", "empty frame"],
)
async def test_a_caller_that_breaks_the_rules_of_a_link_loses_it_with_a_reason(message: bytes) -> None:
    async with serving(say_id) as address, raw_call(address, LINK) as call:
        await call.read()  # the hello
        await call.write(message)
        async with asyncio.timeout(5):
            assert await call.code() is Code.INVALID_ARGUMENT
        assert await call.details()


@pytest.mark.parametrize(
    "headers",
    [{f"h{number}": "" for number in range(MAX_HEADERS + 1)}, {"h": "x" * (MAX_HEADER_BYTES + 1)}],
    ids=["many", "long"],
)
async def test_headers_beyond_their_bounds_are_refused_and_the_link_goes_on(headers: dict[str, str]) -> None:
    async with serving(say_id) as address, raw_call(address, LINK) as call:
        await call.write(Request(frames=[opening(1, headers=headers)]).SerializeToString())
        (refusal,) = await events_of(call, 1)
        assert refusal.error.param == "headers"
        await call.write(Request(frames=[opening(2)]).SerializeToString())
        assert (await events_of(call, 2))[-1].HasField("finish")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("req_mine-1.2", True), ("two words", False), ("x" * 129, False), ('"}\n{"', False)],
)
async def test_a_request_id_that_is_malformed_is_replaced(given: str, kept: bool) -> None:
    async with serving(say_id) as address, raw_call(address, LINK) as call:
        await call.write(Request(frames=[opening(headers={"x-request-id": given})]).SerializeToString())
        used = (await events_of(call, 1))[1].content
    assert (used == given) is kept
    assert kept or used.startswith("req_")


async def test_a_timeout_of_centuries_is_none() -> None:
    seen: list[float | None] = []

    async def answer(exchange: mesh.Exchange) -> None:
        seen.append(exchange.time_remaining())
        await say(exchange)

    async with serving(answer) as address, raw_call(address, LINK) as call:
        await call.write(Request(frames=[opening(timeout_millis=2**64 - 1)]).SerializeToString())
        await events_of(call, 1)
    assert seen == [None]


@pytest.mark.parametrize("frame", [b"\xff\xff", chat_pb2.ChatServiceChatRequest(request=ask())])
async def test_a_second_request_or_nonsense_on_a_call_cancels_its_answer(frame: Any) -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await asyncio.Event().wait()

    async with serving(answer) as address, raw_call(address, CHAT) as call:
        await call.write(chat_pb2.ChatServiceChatRequest(request=ask()).SerializeToString())
        await witness.began.wait()
        await call.write(frame if isinstance(frame, bytes) else frame.SerializeToString())
        async with asyncio.timeout(5):
            await witness.cancelled.wait()
            assert await call.code() is Code.CANCELLED


async def test_a_first_frame_that_cannot_be_read_is_refused() -> None:
    async with serving(say_id) as address, raw_call(address, CHAT) as call:
        await call.write(b"\xff\xff")
        async with asyncio.timeout(5):
            assert await call.code() is Code.INVALID_ARGUMENT


class DeafCaller:
    """A call's context whose caller sends the same message for ever and reads nothing but the hello."""

    def __init__(self, message: link_pb2.LinkRequest) -> None:
        self._message = message
        self._written = 0
        self.reads = 0
        self.code: grpc.StatusCode | None = None

    def peer(self) -> str:
        return "a deaf caller"

    def set_code(self, code: grpc.StatusCode) -> None:
        self.code = code

    def set_details(self, details: str) -> None:
        pass

    async def write(self, message: link_pb2.LinkResponse) -> None:
        self._written += 1
        if self._written > 1:
            await asyncio.Event().wait()

    async def read(self) -> link_pb2.LinkRequest:
        self.reads += 1
        await asyncio.sleep(0)
        return self._message


async def test_a_flood_of_pings_is_read_only_as_long_as_the_pongs_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(servicer, "_WRITE_SECONDS", 1.0)
    links = servicer.LinkServicer(say_id, 0.0)
    caller = DeafCaller(Request(ping=1))
    async with asyncio.timeout(10):
        await links.Link(None, caller)  # type: ignore[arg-type]  # ends by itself: nothing was read for a second
    assert caller.code is Code.RESOURCE_EXHAUSTED
    assert caller.reads < 40_000


async def test_a_drain_ends_in_time_though_a_caller_reads_nothing_from_its_link() -> None:
    links = servicer.LinkServicer(say_id, 0.0)
    caller = DeafCaller(Request(ping=1))
    serving = asyncio.create_task(links.Link(None, caller))  # type: ignore[arg-type]
    while caller.reads < 100:
        await asyncio.sleep(0)
    async with asyncio.timeout(2):
        await links.drain(0.2)
        await serving


async def floods(exchange: mesh.Exchange) -> None:
    while True:
        await exchange.send("x" * 1_000)


async def never_ends(exchange: mesh.Exchange) -> None:
    await exchange.send("a")
    await asyncio.Event().wait()


@pytest.mark.parametrize("answer", [floods, never_ends])
@pytest.mark.parametrize("method", [LINK, CHAT])
async def test_a_server_stops_within_its_drain_whatever_its_callers_do(
    answer: mesh.Answer, method: str
) -> None:
    server = mesh.Server(drain_seconds=0.5)
    began = asyncio.Event()

    async def witnessed(exchange: mesh.Exchange) -> None:
        began.set()
        await answer(exchange)

    server.serve_chat(witnessed)
    await server.__aenter__()
    async with raw_call(server.address, method) as call:
        if method == LINK:
            await call.write(Request(frames=[opening(credit=2**20)]).SerializeToString())
        else:
            await call.write(chat_pb2.ChatServiceChatRequest(request=ask()).SerializeToString())
        await began.wait()
        async with asyncio.timeout(0.5 + 1.5):  # the drain, and a busy machine
            await server.__aexit__(None, None, None)


async def test_an_exchange_that_a_drain_cuts_off_has_an_ending() -> None:
    server = mesh.Server(drain_seconds=0.3)
    server.serve_chat(never_ends)
    await server.__aenter__()
    async with mesh.dial(server.address) as peer, peer.chat(ask()) as exchange:
        await anext(exchange)
        async with asyncio.timeout(5):
            await server.__aexit__(None, None, None)
            with pytest.raises(mesh.errors.Unavailable):
                await anext(exchange)


async def test_an_ending_sent_in_the_last_moment_of_a_drain_arrives() -> None:
    go_on = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send("a")
        await go_on.wait()
        await exchange.send(finish())

    server = mesh.Server(drain_seconds=5)
    server.serve_chat(answer)
    await server.__aenter__()
    async with mesh.dial(server.address) as peer, peer.chat(ask()) as exchange:
        await anext(exchange)
        leaving = asyncio.create_task(server.__aexit__(None, None, None))
        go_on.set()
        assert (await anext(exchange)).HasField("finish")
        async with asyncio.timeout(3):
            await leaving
