"""What one message or one exchange cannot do to the others on a link."""

import asyncio

import pytest
from support.answers import ChatEvent, finish

from janus_mesh.errors import Unavailable
from janus_mesh.link import client, events, server, server_end
from janus_mesh.link.splice import Splice
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

FINISHED = finish().SerializeToString()
REASONING = ChatEvent(reasoning="hm").SerializeToString()


def response(*columns: tuple[int, int, bytes]) -> link_pb2.LinkResponse:
    exchanges, kinds, data = zip(*columns, strict=True)
    return link_pb2.LinkResponse(exchanges=exchanges, kinds=bytes(kinds), events=data)


async def test_an_ending_before_what_breaks_the_link_still_reaches_its_reader() -> None:
    link = client.ClientLink()
    end = link.open(request_pb2.ChatRequest(), {}, None)
    reading = asyncio.create_task(end.receive())
    await asyncio.sleep(0)
    with pytest.raises(events.LinkBroken):
        link.receive(response((1, events.FINISH, FINISHED), (1, events.CONTENT, b"more")))
    link.lose(Unavailable("broken"))
    async with asyncio.timeout(5):
        (event,) = await reading
    assert event.HasField("finish")


async def test_a_fault_in_the_inspection_of_one_exchange_leaves_the_link_to_the_others() -> None:
    link, outgoing = client.ClientLink(), server.ServerLink(lambda *_: None)
    source = link.open(request_pb2.ChatRequest(), {}, None)
    other = link.open(request_pb2.ChatRequest(), {}, None)

    def inspect(event: event_pb2.ChatEvent) -> bool:
        raise RecursionError

    splice = Splice(source, server_end.ServerEnd(outgoing, 7, 1_000), lambda: None, inspect)
    link.receive(response((1, events.OTHER, REASONING), (2, events.CONTENT, b"well")))
    with pytest.raises(RecursionError):
        await splice.ending
    assert [event.content for event in await other.receive()] == ["well"]


@pytest.mark.parametrize(
    ("count", "event"), [(10_000, b""), (40, b"x" * 100_000)], ids=["many events", "large events"]
)
def test_a_large_message_is_taken_in_by_turns(count: int, event: bytes) -> None:
    link = client.ClientLink()
    ends = [link.open(request_pb2.ChatRequest(), {}, None) for _ in range(count)]
    message = response(*((end.exchange, events.CONTENT, event) for end in ends))
    waiting = [sum(len(end.arrived) for end in ends) for _ in link.receiving(message)]
    turns = [now - before for before, now in zip([0, *waiting], waiting, strict=False)]
    assert sum(turns) == count
    assert max(turns) * (len(event) + events.EVENT_BYTES) < 64 * 1024 + len(event) + events.EVENT_BYTES
    assert max(turns) <= 512


def test_messages_without_news_are_bounded() -> None:
    link = client.ClientLink()
    link.ping(1)
    link.receive(link_pb2.LinkResponse(pong=1))
    for _ in range(1_000):
        link.receive(link_pb2.LinkResponse(pong=1))
    with pytest.raises(events.LinkBroken, match="without news"):
        link.receive(link_pb2.LinkResponse(pong=1))


def test_pongs_and_events_are_news() -> None:
    link = client.ClientLink()
    link.open(request_pb2.ChatRequest(), {}, None)
    link.receive(link_pb2.LinkResponse(draining=True))
    for number in range(1, 2_000):
        link.ping(number)
        link.receive(link_pb2.LinkResponse(pong=number))
