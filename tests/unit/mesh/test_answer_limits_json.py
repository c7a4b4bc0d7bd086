"""Bounds of what costs more to read than its bytes say: fields without a schema, and empty events."""

import pytest

from janus_mesh.answer_limits import EVENT_COST, MAX_JSON_BYTES, MAX_STEP_JSON_BYTES, AnswerLimits
from janus_mesh.errors import CompetitorFailed
from janus_mesh.peer import _OPTIONS
from janus_mesh.settings import StreamTimeouts
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

HALF = "x" * (MAX_JSON_BYTES // 2)
WHOLE = "x" * MAX_JSON_BYTES
TOO_LARGE = {
    "chunk": pb.ChatEvent(extras=pb.Extras(chunk_json=WHOLE + "x")),
    "choice": pb.ChatEvent(content="a", extras=pb.Extras(choice_json=WHOLE + "x")),
    "delta": pb.ChatEvent(extras=pb.Extras(delta_json=WHOLE + "x")),
    "together": pb.ChatEvent(extras=pb.Extras(chunk_json=HALF, delta_json=HALF + "x")),
    "tool call": pb.ChatEvent(tool_call=pb.ToolCallDelta(extra_json=WHOLE + "x")),
    "artifact": pb.ChatEvent(artifact=pb.Artifact(extra_json=WHOLE + "x")),
    "usage": pb.ChatEvent(usage=pb.Usage(extra_json=WHOLE + "x")),
    "finish": pb.ChatEvent(finish=pb.Finish(usage=pb.Usage(extra_json=WHOLE + "x"))),
    "step": pb.ChatEvent(janus=pb.JanusEvent(event="x", payload_json="x" * (MAX_STEP_JSON_BYTES + 1))),
}


@pytest.mark.parametrize("event", TOO_LARGE.values(), ids=TOO_LARGE)
def test_fields_without_a_schema_are_bounded(event: pb.ChatEvent) -> None:
    with pytest.raises(CompetitorFailed, match="are allowed"):
        AnswerLimits(1).check(event)


@pytest.mark.parametrize(
    "event",
    [
        pb.ChatEvent(content=WHOLE * 8, extras=pb.Extras(chunk_json=HALF, delta_json=HALF)),
        pb.ChatEvent(artifact=pb.Artifact(url="data:" + WHOLE * 4)),
        pb.ChatEvent(janus=pb.JanusEvent(event="tool_end", payload_json=WHOLE * 4)),
    ],
    ids=["text", "artifact", "step"],
)
def test_texts_and_data_urls_are_not(event: pb.ChatEvent) -> None:
    AnswerLimits(1).check(event)


@pytest.mark.parametrize("event", [pb.ChatEvent(), pb.ChatEvent(janus=pb.JanusEvent())])
def test_empty_events_use_the_answer_up_too(event: pb.ChatEvent) -> None:
    limits = AnswerLimits(1, max_bytes=100 * (event.ByteSize() + EVENT_COST))
    for _ in range(100):
        limits.check(event)
    with pytest.raises(CompetitorFailed, match="longer than"):
        limits.check(event)


def test_a_silent_competitor_with_grpcs_default_settings_is_not_pinged_too_often() -> None:
    """A gRPC server ends the connection at the third ping in a silence that it thinks too many."""
    keepalive = dict(_OPTIONS)["grpc.keepalive_time_ms"]
    assert 3 * int(keepalive) / 1000 > StreamTimeouts.model_fields["gap_timeout"].default + 1
