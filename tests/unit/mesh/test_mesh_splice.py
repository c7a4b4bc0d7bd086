"""A splice passes on all that comes, in order, however credit and messages fall."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from janus_mesh.errors import Unavailable
from janus_mesh.link import client, server, server_end
from janus_mesh.link.splice import Splice
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

CONTENT = link_pb2.EVENT_KIND_CONTENT
FINISH = link_pb2.EVENT_KIND_FINISH
FINISHED = event_pb2.ChatEvent(finish=event_pb2.Finish())


class Between:
    """Two links with a splice between them, a message in and out at a time."""

    def __init__(self) -> None:
        self.incoming = client.ClientLink()
        self.outgoing = server.ServerLink(lambda link, end, opening: None)
        source = self.incoming.open(request_pb2.ChatRequest(), {}, None)
        self.sink = server_end.ServerEnd(self.outgoing, 7, 0)
        self.heard = 0
        self.splice = Splice(source, self.sink, self._hear)
        self.sent = 0

    def _hear(self) -> None:
        self.heard += 1

    def arrive(self, count: int, *, finish: bool = False) -> None:
        """One message of so many events, and the ending."""
        events = [b"%d" % (self.sent + number) for number in range(count)]
        self.sent += count
        kinds = [CONTENT] * count
        if finish:
            events.append(FINISHED.SerializeToString())
            kinds.append(FINISH)
        self.incoming.receive(
            link_pb2.LinkResponse(exchanges=[1] * len(events), kinds=bytes(kinds), events=events)
        )

    def passed(self) -> list[bytes]:
        return [item[2] for item in self.outgoing.outbox._items if isinstance(item, tuple)]


STEPS = st.lists(st.tuples(st.sampled_from(["arrive", "grant"]), st.integers(1, 5)), max_size=30)


@given(steps=STEPS, orderly=st.booleans())
def test_all_is_passed_on_in_order_before_the_ending(steps: list[tuple[str, int]], orderly: bool):
    async def run() -> None:
        between = Between()
        for what, amount in steps:
            if what == "arrive":
                between.arrive(amount)
            else:
                between.sink.grant(amount * 10)
        if orderly:
            between.arrive(1, finish=True)
        else:
            between.incoming.lose(Unavailable("gone"))
        while len(between.passed()) < between.sent:
            assert not between.splice.ending.done()
            between.sink.grant(1)
        assert between.passed() == [b"%d" % number for number in range(between.sent)]
        assert between.splice.passed == between.heard == between.sent
        if orderly:
            assert await between.splice.ending == FINISHED
        else:
            assert isinstance(between.splice.ending.exception(), Unavailable)

    asyncio.run(run())


async def test_without_credit_nothing_is_passed_on():
    between = Between()
    between.arrive(2)
    assert between.passed() == []
    between.sink.grant(1)
    assert between.passed() == [b"0"]


async def test_what_a_splice_passes_on_is_in_a_hurry():
    between = Between()
    between.sink.grant(1_000_000)
    between.arrive(100)
    between.outgoing.outbox.take()
    between.arrive(1)
    assert between.outgoing.outbox.hurried


async def test_a_splice_that_was_closed_passes_nothing_on():
    between = Between()
    between.sink.grant(1_000)
    between.splice.close()
    between.arrive(1)
    assert between.passed() == []


async def test_an_event_is_not_offered_past_one_that_waits():
    link = client.ClientLink()
    end = link.open(request_pb2.ChatRequest(), {}, None)
    link.receive(link_pb2.LinkResponse(exchanges=[1], kinds=bytes([CONTENT]), events=[b"waits"]))
    offered: list[bytes] = []

    def take(_kind: int, data: bytes) -> bool:
        offered.append(data)
        return True

    end.on_event = take
    link.receive(link_pb2.LinkResponse(exchanges=[1], kinds=bytes([CONTENT]), events=[b"follows"]))
    assert offered == []
    assert [data for _, data in end.take(2)] == [b"waits", b"follows"]
