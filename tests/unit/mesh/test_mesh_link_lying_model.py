"""Whatever a lying peer sends, in any order: one ending each, bounded memory, and others are left alone."""

from collections.abc import Coroutine
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from janus_mesh.errors import InvalidRequest, JanusError, Unavailable
from janus_mesh.link import client, client_end, events, server, server_end
from janus_proto._gen.janus.chat.v1 import chat_pb2, event_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

LARGEST = 20_000
FINISHED = event_pb2.ChatEvent(finish=event_pb2.Finish()).SerializeToString()
FAILED = event_pb2.ChatEvent(error=event_pb2.Error(message="no")).SerializeToString()
KINDS = st.sampled_from([events.OTHER, events.FINISH, events.ERROR, events.CONTENT, 4, 255])
DATA = st.sampled_from([b"", b"text", b"\xff", "é".encode(), FINISHED, FAILED, b"x" * 5_000, b"x" * LARGEST])
# The honest exchange is number 1; lies are told of others, also of some that nobody opened.
LIED_ABOUT = st.one_of(st.integers(2, 6), st.sampled_from([0, 99, 2**32 - 1]))
COLUMNS = st.lists(st.tuples(LIED_ABOUT, KINDS, DATA), max_size=8)
RESPONSES = st.builds(
    link_pb2.LinkResponse,
    exchanges=st.lists(LIED_ABOUT, max_size=3),
    kinds=st.binary(max_size=3),
    events=st.lists(DATA, max_size=3),
    pong=st.sampled_from([0, 1, 2**64 - 1]),
    hello=st.one_of(st.none(), st.builds(link_pb2.Hello, version=st.integers(0, 2))),
)


def step(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has no reason to wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


class Caller:
    """What a caller of one exchange has seen of it."""

    def __init__(self, end: client_end.ClientEnd) -> None:
        self.end = end
        self.text = ""
        self.endings: list[str] = []

    def read(self) -> None:
        if self.endings or not self.end.readable:
            return
        try:
            received = step(self.end.receive())
        except JanusError as error:
            self.endings.append(type(error).__name__)
            return
        for event in received:
            self.text += event.content
            if event.WhichOneof("payload") in ("finish", "error"):
                self.endings.append(event.WhichOneof("payload"))


class LyingServerMachine(RuleBasedStateMachine):
    """A caller's end of a link, whose peer is honest about exchange 1 and about nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.link = client.ClientLink()
        self.callers: dict[int, Caller] = {}
        self.lost = False
        self.open()
        self.credit = events.WINDOW_BYTES
        self.said = ""

    @rule()
    def open(self) -> None:
        if self.link.usable and len(self.callers) < 6:
            end = self.link.open(request_pb2.ChatRequest(), {}, None)
            self.callers[end.exchange] = Caller(end)

    @rule(exchange=st.integers(1, 6))
    def read(self, exchange: int) -> None:
        if exchange in self.callers:
            self.callers[exchange].read()

    @rule(exchange=st.integers(2, 6))
    def leave(self, exchange: int) -> None:
        caller = self.callers.get(exchange)
        if caller is not None and not caller.endings:
            caller.end.cancel()
            caller.endings.append("left")

    @rule(size=st.sampled_from([1, 3_000]))
    def speak_honestly(self, size: int) -> None:
        for item in self.link.outbox.take():
            if isinstance(item, link_pb2.Frame) and item.exchange == 1:
                self.credit += item.credit
        if self.credit > 0:
            self.credit -= size + events.EVENT_BYTES
            self.said += "h" * size
            self.receive([(1, events.CONTENT, b"h" * size)])

    @rule(lies=COLUMNS)
    def lie(self, lies: list[tuple[int, int, bytes]]) -> None:
        """Well-formed messages: most of their lies concern one exchange each."""
        self.receive([lie for lie in lies if lie[0] in self.callers])

    @rule(lies=COLUMNS)
    def lie_about_anything(self, lies: list[tuple[int, int, bytes]]) -> None:
        self.receive(lies)

    @rule(message=RESPONSES)
    def say_anything(self, message: link_pb2.LinkResponse) -> None:
        self.deliver(message)

    def receive(self, columns: list[tuple[int, int, bytes]]) -> None:
        exchanges, kinds, data = zip(*columns, strict=True) if columns else ((), (), ())
        self.deliver(link_pb2.LinkResponse(exchanges=exchanges, kinds=bytes(kinds), events=data))

    def deliver(self, message: link_pb2.LinkResponse) -> None:
        if self.lost:
            return
        try:
            self.link.receive(message)
        except events.LinkBroken:
            self.lost = True
            self.link.lose(Unavailable("broken"))

    @invariant()
    def no_exchange_ends_twice(self) -> None:
        assert all(len(caller.endings) <= 1 for caller in self.callers.values())

    @invariant()
    def what_waits_is_bounded(self) -> None:
        for caller in self.callers.values():
            waiting = events.size_of(caller.end.arrived)
            assert waiting <= events.WINDOW_BYTES + 2 * (
                LARGEST + events.EVENT_BYTES
            )  # an ending is one more

    @invariant()
    def the_honest_exchange_is_left_alone(self) -> None:
        honest = self.callers[1]
        assert self.said.startswith(honest.text)
        assert self.lost or honest.end.failure is None

    def teardown(self) -> None:
        if not self.lost:
            self.receive([(1, events.FINISH, FINISHED)])
            honest = self.callers[1]
            while not honest.endings:
                honest.read()
            assert (honest.text, honest.endings) == (self.said, ["finish"])
            self.link.lose(Unavailable("over"))
        for caller in self.callers.values():
            while not caller.endings:
                assert caller.end.readable
                caller.read()
        self.no_exchange_ends_twice()
        assert self.link.live == 0


NUMBERS = st.one_of(st.integers(0, 8), st.just(2**32 - 1))
CREDITS = st.sampled_from([0, 1, 1_000, server_end.MAX_CREDIT_BYTES, 2**64 - 1])
FRAMES = st.one_of(
    st.builds(link_pb2.Frame, exchange=NUMBERS),
    st.builds(link_pb2.Frame, exchange=NUMBERS, credit=CREDITS),
    st.builds(link_pb2.Frame, exchange=NUMBERS, cancel=st.just(chat_pb2.Cancel())),
    st.builds(link_pb2.Frame, exchange=NUMBERS, open=st.builds(link_pb2.Open, credit=CREDITS)),
)


class Answerer:
    """What an answer has done and been told."""

    def __init__(self, end: server_end.ServerEnd) -> None:
        self.end = end
        self.ended = False
        self.told_to_leave = 0

    def leave(self) -> None:
        self.told_to_leave += 1


class LyingClientMachine(RuleBasedStateMachine):
    """A server's end of a link whose caller says anything."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[int, Answerer] = {}
        self.link = server.ServerLink(self.begin, max_exchanges=4)
        self.last = 0
        self.closed = False

    def begin(self, _: server.ServerLink, end: server_end.ServerEnd, __: link_pb2.Open) -> None:
        answer = self.answers[end.exchange] = Answerer(end)
        end.on_leave = answer.leave

    @rule(credit=CREDITS)
    def open(self, credit: int) -> None:
        """An honest opening, so that there is something to lie about."""
        self.last += 1
        self.deliver([link_pb2.Frame(exchange=self.last, open=link_pb2.Open(credit=credit))])

    @rule(frames=st.lists(FRAMES, max_size=4), opens=st.booleans())
    def say_anything(self, frames: list[link_pb2.Frame], opens: bool) -> None:
        known = [frame for frame in frames if 0 < frame.exchange <= self.last and frame.WhichOneof("frame")]
        if not opens:
            frames = [frame for frame in known if not frame.HasField("open")]
        opened = [frame.exchange for frame in frames if frame.HasField("open")]
        self.last = max([self.last, *(number for number in opened if number < 100)])
        self.deliver(frames)

    def deliver(self, frames: list[link_pb2.Frame]) -> None:
        if self.closed:
            return
        try:
            self.link.receive(link_pb2.LinkRequest(frames=frames, ping=1))
        except InvalidRequest:
            self.closed = True
            self.link.close()

    @rule(exchange=st.integers(1, 8), size=st.sampled_from([1, LARGEST]))
    def send(self, exchange: int, size: int) -> None:
        answer = self.answers.get(exchange)
        if answer is not None and not answer.ended:
            answer.end.offer("x" * size)

    @rule(exchange=st.integers(1, 8))
    def end(self, exchange: int) -> None:
        answer = self.answers.get(exchange)
        if answer is not None and not answer.ended and not answer.told_to_leave:
            answer.ended = True
            step(answer.end.write(event_pb2.ChatEvent(finish=event_pb2.Finish())))

    @invariant()
    def each_answer_ends_or_is_told_once(self) -> None:
        assert all(answer.told_to_leave + answer.ended <= 1 for answer in self.answers.values())

    @invariant()
    def at_most_so_many_are_live(self) -> None:
        assert self.link.live <= 4

    @invariant()
    def nothing_waits_after_an_ending(self) -> None:
        over: set[int] = set()
        for item in self.link.outbox._items:
            if isinstance(item, tuple):
                exchange, kind, _ = item
                assert exchange not in over
                if kind in (events.FINISH, events.ERROR):
                    over.add(exchange)

    @invariant()
    def what_an_answer_may_still_queue_is_bounded(self) -> None:
        for answer in self.answers.values():
            assert answer.end._credit <= server_end.MAX_CREDIT_BYTES

    def teardown(self) -> None:
        self.link.close()
        assert all(answer.told_to_leave + answer.ended == 1 for answer in self.answers.values())
        assert self.link.live == self.link.outbox.bytes == 0


LyingServerMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestLyingServer = LyingServerMachine.TestCase
LyingClientMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestLyingClient = LyingClientMachine.TestCase
