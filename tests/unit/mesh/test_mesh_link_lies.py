"""What a peer that lies on a link can do: end its own exchange, or the link; never more."""

import pytest

from janus_mesh.answer_limits import MAX_EVENT_BYTES
from janus_mesh.errors import CompetitorFailed, InvalidRequest, Unavailable
from janus_mesh.link import client, client_end, events, server, server_end
from janus_mesh.link.push import Push
from janus_mesh.link.splice import Splice
from janus_proto._gen.janus.chat.v1 import chat_pb2, event_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

ChatEvent = event_pb2.ChatEvent
FINISHED = ChatEvent(finish=event_pb2.Finish()).SerializeToString()
FAILED = ChatEvent(error=event_pb2.Error(message="no")).SerializeToString()
STARTED = ChatEvent(start=event_pb2.AnswerStart()).SerializeToString()

# Events that no honest peer sends: an ending under another kind, and so on.
LIES = {
    "finish as another event": (events.OTHER, FINISHED),
    "error as another event": (events.OTHER, FAILED),
    "finish as error": (events.ERROR, FINISHED),
    "error as finish": (events.FINISH, FAILED),
    "start as finish": (events.FINISH, STARTED),
    "nothing as finish": (events.FINISH, b""),
    "finish that cannot be parsed": (events.FINISH, b"\xff"),
    "event that cannot be parsed": (events.OTHER, b"\xff"),
    "content that is not UTF-8": (events.CONTENT, b"caf\xe9"),
    "half a surrogate pair": (events.CONTENT, b"\xed\xa0\xbd"),
    "unknown kind": (77, STARTED),
    "event of more than 4 MiB": (events.CONTENT, b"x" * (MAX_EVENT_BYTES + 1)),
    "finish of more than 4 MiB": (events.FINISH, FINISHED + b"\x0a\x00" * (MAX_EVENT_BYTES // 2)),
}
lies = pytest.mark.parametrize("lie", LIES.values(), ids=LIES)


def response(*columns: tuple[int, int, bytes]) -> link_pb2.LinkResponse:
    exchanges, kinds, data = zip(*columns, strict=True) if columns else ((), (), ())
    return link_pb2.LinkResponse(exchanges=exchanges, kinds=bytes(kinds), events=data)


def opened(link: client.ClientLink) -> client_end.ClientEnd:
    end = link.open(request_pb2.ChatRequest(), {}, None)
    link.outbox.take()
    return end


def cancelled(link: client.ClientLink) -> list[int]:
    """The exchanges that were cancelled at the peer."""
    items = [item for item in link.outbox.take() if isinstance(item, link_pb2.Frame)]
    return [frame.exchange for frame in items if frame.WhichOneof("frame") == "cancel"]


@lies
async def test_a_lie_ends_the_exchange_for_a_reader_after_the_events_before_it(
    lie: tuple[int, bytes],
) -> None:
    link = client.ClientLink()
    end = opened(link)
    link.receive(response((1, events.CONTENT, b"so far"), (1, *lie)))
    assert [event.content for event in await end.receive()] == ["so far"]
    with pytest.raises(CompetitorFailed):
        await end.receive()
    assert cancelled(link) == [1]
    assert link.live == 0


@lies
async def test_a_lie_ends_the_exchange_for_a_callback_after_the_events_before_it(
    lie: tuple[int, bytes],
) -> None:
    link = client.ClientLink()
    end = opened(link)
    taken: list[events.Said] = []

    def take(said: list[events.Said]) -> bool:
        taken.extend(said)
        return True

    push = Push(end, take, lambda: None)
    link.receive(response((1, events.CONTENT, b"so far"), (1, *lie)))
    await push.stopped
    push.close()
    assert taken == ["so far"]
    with pytest.raises(CompetitorFailed):
        await end.receive()
    assert cancelled(link) == [1]


@lies
@pytest.mark.parametrize("inspected", [False, True])
async def test_a_lie_ends_a_splice_and_is_not_passed_on(lie: tuple[int, bytes], inspected: bool) -> None:
    link = client.ClientLink()
    end = opened(link)
    outgoing = server.ServerLink(lambda *_: None)
    sink = server_end.ServerEnd(outgoing, 7, 1_000)
    splice = Splice(end, sink, lambda: None, (lambda event: True) if inspected else None)
    link.receive(response((1, events.CONTENT, b"so far"), (1, *lie)))
    with pytest.raises(CompetitorFailed):
        await splice.ending
    splice.close()
    assert outgoing.outbox.take() == [(7, events.CONTENT, b"so far")]


@lies
async def test_a_lie_leaves_the_other_exchanges_alone(lie: tuple[int, bytes]) -> None:
    link = client.ClientLink()
    lied_to, other = opened(link), opened(link)
    link.receive(response((1, *lie), (2, events.CONTENT, b"well"), (2, events.FINISH, FINISHED)))
    assert [event.content for event in await other.receive()] == ["well", ""]
    assert await other.receive() == []
    with pytest.raises(CompetitorFailed):
        await lied_to.receive()


async def test_more_events_than_were_granted_end_the_exchange_with_the_window_held_at_most() -> None:
    link = client.ClientLink()
    end = opened(link)
    event = b"x" * 1_000
    for _ in range(100):
        link.receive(response((1, events.CONTENT, event)))
    assert events.size_of(end.arrived) <= events.WINDOW_BYTES + len(event) + events.EVENT_BYTES
    assert len(await end.receive()) == 17
    with pytest.raises(CompetitorFailed, match="credit"):
        await end.receive()
    assert cancelled(link) == [1]


async def test_empty_events_cost_credit_too() -> None:
    link = client.ClientLink()
    end = opened(link)
    link.receive(response(*[(1, events.CONTENT, b"")] * 2_000))
    assert len(end.arrived) == events.WINDOW_BYTES // events.EVENT_BYTES
    assert isinstance(end.failure, CompetitorFailed)


async def test_a_reader_that_keeps_up_is_granted_credit_for_ever() -> None:
    link = client.ClientLink()
    end = opened(link)
    for _ in range(1_000):
        link.receive(response((1, events.CONTENT, b"x" * 1_000)))
        assert len(await end.receive()) == 1


@pytest.mark.parametrize(
    "message",
    [
        link_pb2.LinkResponse(exchanges=[1], kinds=b"", events=[b"x"]),
        link_pb2.LinkResponse(exchanges=[1], kinds=b"\3\3", events=[b"x"]),
        link_pb2.LinkResponse(exchanges=[1, 1], kinds=b"\3\3", events=[b"x"]),
        link_pb2.LinkResponse(kinds=b"\3"),
        link_pb2.LinkResponse(hello=link_pb2.Hello(version=1)),
        link_pb2.LinkResponse(pong=1),
        link_pb2.LinkResponse(pong=2**64 - 1),
        response((0, events.CONTENT, b"x")),
        response((2, events.CONTENT, b"x")),
        response((2**32 - 1, events.FINISH, FINISHED)),
        response(*[(1, events.CONTENT, b"")] * 20_000),
        response((1, events.FINISH, FINISHED), (1, events.FINISH, FINISHED)),
        response((1, events.FINISH, FINISHED), (1, events.CONTENT, b"more")),
    ],
    ids=lambda message: str(message)[:40],
)
async def test_what_breaks_the_rules_of_the_link_is_told_to_its_owner(message: link_pb2.LinkResponse) -> None:
    link = client.ClientLink()
    opened(link)
    with pytest.raises(events.LinkBroken):
        link.receive(message)


async def test_events_that_crossed_a_cancel_are_tolerated() -> None:
    link = client.ClientLink()
    opened(link).cancel()
    link.receive(response((1, events.CONTENT, b"x" * events.WINDOW_BYTES), (1, events.FINISH, FINISHED)))


async def test_a_peer_that_ignores_a_cancel_is_tolerated_up_to_what_it_was_granted() -> None:
    link = client.ClientLink()
    opened(link).cancel()
    event = response((1, events.CONTENT, b"x" * 1_000_000))
    for _ in range(8):
        link.receive(event)
    with pytest.raises(events.LinkBroken, match="after its end"):
        link.receive(event)


async def test_a_peer_that_reads_nothing_gets_no_further_exchange() -> None:
    link = client.ClientLink()
    large = request_pb2.ChatRequest(model="x" * 50_000_000)
    for _ in range(3):
        link.open(large, {}, None)
    with pytest.raises(Unavailable, match="does not read"):
        link.open(large, {}, None)


def begin_nothing(*_: object) -> None:
    """An answer that never says anything."""


def opening(exchange: int, **fields: object) -> link_pb2.Frame:
    return link_pb2.Frame(exchange=exchange, open=link_pb2.Open(**fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "frames",
    [
        [opening(0)],
        [opening(1), opening(1)],
        [opening(2), opening(1)],
        [opening(1), link_pb2.Frame(exchange=1)],
        [link_pb2.Frame(exchange=9, credit=1)],
        [link_pb2.Frame(exchange=9, cancel=chat_pb2.Cancel())],
        [link_pb2.Frame(exchange=1, credit=1)] * 70_000,
    ],
    ids=lambda frames: str(frames)[:40],
)
async def test_a_caller_that_breaks_the_rules_of_the_link_is_told(frames: list[link_pb2.Frame]) -> None:
    link = server.ServerLink(begin_nothing)
    with pytest.raises(InvalidRequest):
        link.receive(link_pb2.LinkRequest(frames=frames))


@pytest.mark.parametrize(
    ("before", "version", "field"), [(0, 2, "hello.version"), (0, 0, "hello.version"), (1, 1, "hello")]
)
async def test_a_callers_hello_is_checked(before: int, version: int, field: str) -> None:
    link = server.ServerLink(begin_nothing)
    for _ in range(before):
        link.receive(link_pb2.LinkRequest())
    with pytest.raises(InvalidRequest) as caught:
        link.receive(link_pb2.LinkRequest(hello=link_pb2.Hello(version=version)))
    assert caught.value.param == field


def endings(link: server.ServerLink) -> list[tuple[int, str]]:
    """Exchange and field of each error in the outbox."""
    columns = [item for item in link.outbox.take() if isinstance(item, tuple)]
    return [(column[0], ChatEvent.FromString(column[2]).error.param) for column in columns]


@pytest.mark.parametrize("credit", [2**20 + 1, 2**64 - 1])
async def test_an_exchange_that_is_opened_with_too_much_credit_is_refused(credit: int) -> None:
    link = server.ServerLink(begin_nothing)
    link.receive(link_pb2.LinkRequest(frames=[opening(1, credit=credit), opening(2, credit=1)]))
    assert endings(link) == [(1, "open.credit")]
    assert link.live == 1


async def test_an_exchange_that_is_granted_too_much_credit_ends_and_its_answer_is_told() -> None:
    left: list[int] = []

    def begin(link: server.ServerLink, end: server_end.ServerEnd, _: link_pb2.Open) -> None:
        end.on_leave = lambda: left.append(end.exchange)

    link = server.ServerLink(begin)
    grant = link_pb2.Frame(exchange=1, credit=2**63)
    link.receive(link_pb2.LinkRequest(frames=[opening(1), opening(2), grant, grant]))
    assert endings(link) == [(1, "frames.credit")]
    assert left == [1]
    assert link.live == 1


async def test_an_exchange_whose_opening_is_wrong_is_refused_and_the_link_goes_on() -> None:
    def begin(link: server.ServerLink, end: server_end.ServerEnd, what: link_pb2.Open) -> None:
        if what.headers:
            raise InvalidRequest("no", param="headers")

    link = server.ServerLink(begin)
    link.receive(link_pb2.LinkRequest(frames=[opening(1, headers={"a": "b"}), opening(2)]))
    assert endings(link) == [(1, "headers")]
    assert link.live == 1


async def test_answers_that_were_cancelled_but_go_on_are_bounded() -> None:
    link = server.ServerLink(begin_nothing, max_exchanges=2)
    for exchange in range(1, 11):
        cancel = link_pb2.Frame(exchange=exchange, cancel=chat_pb2.Cancel())
        link.receive(link_pb2.LinkRequest(frames=[opening(exchange), cancel]))
    assert [exchange for exchange, _ in endings(link)] == [5, 6, 7, 8, 9, 10]


async def test_nothing_is_queued_after_the_ending() -> None:
    ends: list[server_end.ServerEnd] = []
    link = server.ServerLink(lambda _, end, __: ends.append(end))
    link.receive(link_pb2.LinkRequest(frames=[opening(1, credit=100)]))
    await ends[0].write(ChatEvent(finish=event_pb2.Finish()))
    assert ends[0].offer("more")
    await ends[0].write(ChatEvent(error=event_pb2.Error()))
    assert [item[:2] for item in link.outbox.take() if isinstance(item, tuple)] == [(1, events.FINISH)]
