"""The bounds of one answer."""

import pytest

from janus_mesh.answer_limits import EVENT_COST, MAX_ARTIFACTS, MAX_TOOL_CALLS, AnswerLimits
from janus_mesh.errors import CompetitorFailed
from janus_mesh.link import client, events, server, server_end
from janus_mesh.link.splice import Splice
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

ChatEvent = event_pb2.ChatEvent


@pytest.mark.parametrize(
    ("asked", "choice", "allowed"), [(0, 0, True), (0, 1, False), (1, 1, False), (3, 2, True)]
)
def test_a_choice_must_be_among_those_asked_for(asked: int, choice: int, allowed: bool) -> None:
    limits = AnswerLimits(asked)
    event = ChatEvent(choice=choice, content="x")
    if allowed:
        limits.check(event)
        return
    with pytest.raises(CompetitorFailed, match="choice"):
        limits.check(event)


def test_a_tool_calls_index_is_bounded() -> None:
    limits = AnswerLimits(1)
    limits.check(ChatEvent(tool_call=event_pb2.ToolCallDelta(index=MAX_TOOL_CALLS - 1)))
    with pytest.raises(CompetitorFailed, match="tool_call"):
        limits.check(ChatEvent(tool_call=event_pb2.ToolCallDelta(index=MAX_TOOL_CALLS)))


def test_artifacts_are_bounded() -> None:
    limits = AnswerLimits(1)
    artifact = ChatEvent(artifact=event_pb2.Artifact(id="artf_1"))
    for _ in range(MAX_ARTIFACTS):
        limits.check(artifact)
    with pytest.raises(CompetitorFailed, match="artifacts"):
        limits.check(artifact)


def test_the_bytes_of_all_events_together_are_bounded() -> None:
    limits = AnswerLimits(1, max_bytes=1_000)
    limits.check(ChatEvent(reasoning="x" * 500))
    limits.count(400)
    with pytest.raises(CompetitorFailed, match="1000 bytes"):
        limits.count(100)


async def test_content_on_a_splice_is_counted_once_though_it_waits_for_credit() -> None:
    link, outgoing = client.ClientLink(), server.ServerLink(lambda *_: None)
    source = link.open(request_pb2.ChatRequest(), {}, None)
    sink = server_end.ServerEnd(outgoing, 1, 0)
    splice = Splice(source, sink, lambda: None, limits=AnswerLimits(1, max_bytes=10 + EVENT_COST))

    def content(text: bytes) -> None:
        link.receive(link_pb2.LinkResponse(exchanges=[1], kinds=bytes([events.CONTENT]), events=[text]))

    content(b"x" * 10)
    sink.grant(1)
    assert not splice.ending.done()
    sink.grant(1_000)
    content(b"x")
    with pytest.raises(CompetitorFailed, match="26 bytes"):
        await splice.ending
