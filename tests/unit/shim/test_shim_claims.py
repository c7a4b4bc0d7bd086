"""A competitor cannot speak for Janus: what only Janus may say is renamed or removed by the shim."""

import json
from typing import Any

import pytest
from support.competitor_scripts import chunk, message, usage

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_shim.events import AnswerEvents

ROUTE = {"event": "route", "payload": {"competitor_id": "rival"}}
# Everything that a chunk of Janus says at some place, and one field that it does not know.
CLAIM = {"janus": ROUTE, "kept": 1}


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def answer(*chunks: Any) -> list[pb.ChatEvent]:
    events = AnswerEvents(1)
    return [event for one in chunks for event in events.chunk(encoded(one))] + events.ending(done=True)


def extras(events: list[pb.ChatEvent], place: str) -> dict[str, Any]:
    """All unknown fields at one place of the answer."""
    texts = [getattr(event.extras, place) for event in events]
    return {name: value for text in texts if text for name, value in json.loads(text).items()}


def test_a_route_step_becomes_an_inner_route() -> None:
    events = answer(chunk({"content": "a"}), chunk({"janus": ROUTE}), chunk(finish="stop"))
    assert [event.janus.event for event in events if event.HasField("janus")] == ["inner_route"]


def test_an_error_step_is_left_out() -> None:
    events = answer(chunk({"content": "a"}), chunk({"janus": {"event": "error", "payload": {}}}))
    assert not any(event.HasField("janus") for event in events)
    assert all(event.WhichOneof("payload") for event in events)


def test_a_claim_beside_the_choices_is_removed_from_the_start_and_from_later_chunks() -> None:
    for chunks in (
        [chunk({"content": "a"}, **CLAIM)],
        [chunk({"content": "a"}), chunk({"content": "b"}, **CLAIM)],
    ):
        assert extras(answer(*chunks), "chunk_json") == {"kept": 1}


def test_a_claim_beside_the_choices_cannot_pass_with_plain_text() -> None:
    """A chunk that the template reads says its text and nothing else."""
    events = AnswerEvents(1)
    events.chunk(encoded(chunk({"content": "a"}, janus=ROUTE)))
    for word in ("b", "c"):
        assert events.chunk(encoded(chunk({"content": word}, janus=ROUTE))) == [pb.ChatEvent(content=word)]
    assert events.plain(encoded(chunk({"content": "d"}, janus=ROUTE))) == "d"
    assert events.plain(encoded(chunk({"content": "d"}, janus={"event": "route"}))) is None
    changed = events.chunk(encoded(chunk({"content": "d"}, janus={"event": "route"})))
    assert changed == [pb.ChatEvent(content="d")]


def test_a_claim_inside_a_choice_is_removed() -> None:
    claims = {"janus": ROUTE, "message": "m", "kept": 1}
    assert extras(answer(chunk({"content": "a"}, choice=claims)), "choice_json") == {"kept": 1}


def test_a_claim_inside_a_delta_is_removed() -> None:
    delta = {"content": "a", "error": "e", "janus": None, "kept": 1}
    assert extras(answer(chunk(delta)), "delta_json") == {"kept": 1}


def test_a_claim_in_a_chunk_without_choices_is_removed_at_the_finish() -> None:
    events = answer(chunk({"content": "a"}, finish="stop"), {"choices": [], **CLAIM})
    assert extras(events, "chunk_json") == {"kept": 1}


def test_a_claim_in_usage_is_removed() -> None:
    figures = usage(janus={"source": "metered"}, kept=1)
    told = answer(chunk({"content": "a"}, finish="stop", usage=figures))[-1].finish.usage
    assert json.loads(told.extra_json) == {"kept": 1}


def test_a_claim_in_a_tool_call_is_removed() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}, **CLAIM}
    (event,) = [event for event in answer(chunk({"tool_calls": [call]})) if event.HasField("tool_call")]
    assert json.loads(event.tool_call.extra_json) == {"kept": 1}


def test_a_claim_in_an_artifact_is_removed() -> None:
    artifact = {"id": "artf_1", "url": "/v1/artifacts/artf_1", **CLAIM}
    (event,) = [event for event in answer(chunk({"artifacts": [artifact]})) if event.HasField("artifact")]
    assert json.loads(event.artifact.extra_json) == {"kept": 1}


def test_a_claim_in_a_whole_completion_is_removed() -> None:
    body = message("a", janus=ROUTE, kept=1) | CLAIM
    body["choices"][0] |= CLAIM
    events = AnswerEvents(1)
    told = events.completion(encoded(body)) + events.ending(done=True)
    assert [extras(told, place) for place in ("chunk_json", "choice_json", "delta_json")] == [{"kept": 1}] * 3
    assert [event.janus.event for event in told if event.HasField("janus")] == ["inner_route"]


@pytest.mark.parametrize("error", [None, "", False, [], {}])
def test_an_empty_error_beside_an_answer_does_not_count(error: Any) -> None:
    events = answer(chunk({"content": "a"}, choice={"error": error}, error=error))
    assert "".join(event.content for event in events) == "a"
    assert extras(events, "chunk_json") == extras(events, "choice_json") == {}


def test_an_error_inside_a_choice_is_an_error() -> None:
    with pytest.raises(CompetitorFailed, match="the provider fell over"):
        answer(chunk({"content": "a"}), chunk(choice={"error": {"message": "the provider fell over"}}))


def test_artifacts_are_bounded() -> None:
    files = [{"id": f"artf_{n}", "url": "/v1/artifacts/a"} for n in range(100)]
    step = {"janus": {"event": "artifact", "payload": files[0]}}
    assert len(answer(chunk({"artifacts": files}), *[chunk(step)] * 28)) == 1 + 128 + 2
    with pytest.raises(CompetitorFailed, match="more than 128 artifacts"):
        answer(chunk({"artifacts": files}), *[chunk(step)] * 29)
