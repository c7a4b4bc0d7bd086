"""No order of events on a link leaves an exchange without exactly one ending."""

from collections import deque
from collections.abc import Coroutine
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from janus_mesh.errors import JanusError, Unavailable
from janus_mesh.link import client, client_end, events, server, server_end
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2


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
        self.received: list[bytes] = []
        self.endings: list[str] = []


class Answerer:
    """What an answer has done and been told."""

    def __init__(self, end: server_end.ServerEnd) -> None:
        self.end = end
        self.sent: list[bytes] = []
        self.ended = False
        self.told_to_leave = 0


class LinkMachine(RuleBasedStateMachine):
    """A caller's and a server's end of one link, with the wire between them in the test's hands."""

    exchanges = Bundle("exchanges")

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[int, Answerer] = {}
        self.callers: dict[int, Caller] = {}
        self.client = client.ClientLink(max_exchanges=8)
        self.server = server.ServerLink(self.begin, max_exchanges=8)
        self.up: deque[bytes] = deque()
        self.down: deque[bytes] = deque()
        self.lost = False

    def begin(self, link: server.ServerLink, end: server_end.ServerEnd, opening: link_pb2.Open) -> None:
        answer = self.answers[end.exchange] = Answerer(end)

        def leave() -> None:
            answer.told_to_leave += 1
            link.done()

        end.on_leave = leave

    @rule(target=exchanges)
    def open(self) -> int:
        try:
            end = self.client.open(request_pb2.ChatRequest(model="m"), {}, None)
        except JanusError:
            return 0
        self.callers[end.exchange] = Caller(end)
        return end.exchange

    @rule(exchange=exchanges, size=st.sampled_from([1, 100, 70_000]))
    def send(self, exchange: int, size: int) -> None:
        answer = self.answers.get(exchange)
        if answer is None or answer.ended or answer.told_to_leave:
            return
        event = event_pb2.ChatEvent(content=f"{len(answer.sent)}:" + "x" * size)
        if answer.end.offer(event):
            answer.sent.append(event.SerializeToString())

    @rule(exchange=exchanges, well=st.booleans())
    def end(self, exchange: int, well: bool) -> None:
        answer = self.answers.get(exchange)
        if answer is None or answer.ended or answer.told_to_leave:
            return
        answer.ended = True
        event = event_pb2.ChatEvent(finish=event_pb2.Finish())
        if not well:
            event = event_pb2.ChatEvent(error=event_pb2.Error(message="broken"))
        step(answer.end.write(event))
        self.server.done()
        answer.sent.append(event.SerializeToString())

    @rule(exchange=exchanges)
    def read(self, exchange: int) -> None:
        caller = self.callers.get(exchange)
        if caller is None or caller.endings:
            return
        receiving = caller.end.receive()
        if not caller.end.readable:
            receiving.close()
            return
        try:
            events = step(receiving)
        except JanusError:
            caller.endings.append("lost")
            return
        for event in events:
            caller.received.append(event.SerializeToString())
            if event.WhichOneof("payload") in ("finish", "error"):
                caller.endings.append(event.WhichOneof("payload"))

    @rule(exchange=exchanges)
    def leave(self, exchange: int) -> None:
        caller = self.callers.get(exchange)
        if caller is not None and not caller.endings:
            caller.end.cancel()
            caller.endings.append("left")

    @rule()
    def flush(self) -> None:
        if self.lost:
            return
        if self.client.outbox:
            self.up.append(client.message_of(self.client.outbox.take()).SerializeToString())
        if self.server.outbox:
            self.down.append(server.message_of(self.server.outbox.take()).SerializeToString())

    @precondition(lambda self: self.up)
    @rule()
    def carry_up(self) -> None:
        self.server.receive(link_pb2.LinkRequest.FromString(self.up.popleft()))

    @precondition(lambda self: self.down)
    @rule()
    def carry_down(self) -> None:
        self.client.receive(link_pb2.LinkResponse.FromString(self.down.popleft()))

    @rule()
    def drain(self) -> None:
        if not self.lost:
            self.server.drain()

    @rule(reached=st.booleans())
    def lose(self, reached: bool) -> None:
        """The wire breaks, with what was on it; or after all of it arrived."""
        if self.lost:
            return
        self.flush()
        while reached and self.down:
            self.carry_down()
        self.lost = True
        self.up.clear()
        self.down.clear()
        self.client.lose(Unavailable("the link was lost"))
        self.server.close()

    @invariant()
    def no_exchange_ends_twice(self) -> None:
        assert all(len(caller.endings) <= 1 for caller in self.callers.values())
        assert all(answer.told_to_leave <= 1 for answer in self.answers.values())
        assert not any(answer.ended and answer.told_to_leave for answer in self.answers.values())

    @invariant()
    def what_arrived_is_what_was_sent_in_order(self) -> None:
        for exchange, caller in self.callers.items():
            if exchange in self.answers:
                sent = self.answers[exchange].sent
                assert caller.received == sent[: len(caller.received)]

    @invariant()
    def the_unread_are_bounded(self) -> None:
        for exchange, caller in self.callers.items():
            if exchange in self.answers:
                unread = self.answers[exchange].sent[len(caller.received) :]
                # the last event may overdraw the credit, and an ending needs none
                bound = 2 * events.WINDOW_BYTES + 70_100 + 100
                assert sum(len(event) + events.EVENT_BYTES for event in unread) <= bound

    def carry_all(self) -> None:
        while not self.lost and (self.client.outbox or self.server.outbox or self.up or self.down):
            self.flush()
            while self.up:
                self.carry_up()
            while self.down:
                self.carry_down()

    def teardown(self) -> None:
        """Once everything was carried, or the link is lost, every exchange has its one ending."""
        self.carry_all()
        for exchange in self.answers:
            self.end(exchange, True)
        self.carry_all()
        for exchange, caller in self.callers.items():
            while not caller.endings:
                assert caller.end.readable, f"exchange {exchange} waits for ever"
                self.read(exchange)
        self.carry_all()
        self.no_exchange_ends_twice()
        assert all(answer.ended or answer.told_to_leave for answer in self.answers.values())
        assert self.client.live == self.server.live == 0


LinkMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestLink = LinkMachine.TestCase
