"""What only Janus may say is removed from a competitor's events."""

import json

import pytest

from janus_mesh.competitor_claims import strip_claims, strip_extras, without
from janus_proto._gen.janus.chat.v1.event_pb2 import (
    Artifact,
    ChatEvent,
    Extras,
    Finish,
    JanusEvent,
    ToolCallDelta,
    Usage,
)


def test_a_route_step_is_renamed_at_any_time() -> None:
    event = ChatEvent(janus=JanusEvent(event="route", payload_json='{"competitor_id":"rival"}'))
    assert strip_claims(event)
    assert event.janus.event == "inner_route"


@pytest.mark.parametrize("name", ["error", "artifact", ""])
def test_a_step_that_looks_like_an_error_or_an_artifact_is_removed(name: str) -> None:
    event = ChatEvent(choice=1, janus=JanusEvent(event=name, payload_json='{"a":1}'))
    assert strip_claims(event)
    assert event == ChatEvent(choice=1)


def test_other_steps_pass() -> None:
    event = ChatEvent(janus=JanusEvent(event="tool_start", payload_json='{"name":"ls"}'))
    before = event.SerializeToString()
    assert not strip_claims(event)
    assert event.SerializeToString() == before


@pytest.mark.parametrize("place", ["chunk_json", "choice_json", "delta_json"])
@pytest.mark.parametrize("name", ["janus", "error"])
def test_unknown_fields_lose_what_only_janus_says(place: str, name: str) -> None:
    event = ChatEvent(content="a", extras=Extras(**{place: json.dumps({name: {"event": "route"}, "x": 1})}))
    assert strip_claims(event)
    assert json.loads(getattr(event.extras, place)) == {"x": 1}


@pytest.mark.parametrize("spelling", ['{"\\u006aanus": 1}', '{"a": 2, "j\\u0061nus": 1}'])
def test_an_escaped_spelling_of_a_name_is_the_same_name(spelling: str) -> None:
    assert "janus" not in without(spelling, frozenset({"janus"}))


def test_ids_and_the_model_of_a_chunk_are_not_unknown_fields() -> None:
    event = ChatEvent(extras=Extras(chunk_json='{"id":"1","model":"m","created":1,"usage":{},"choices":[]}'))
    assert strip_extras(event)
    assert event.extras.chunk_json == ""


@pytest.mark.parametrize("ending", [False, True])
def test_usage_cannot_say_that_it_was_metered(ending: bool) -> None:
    usage = Usage(prompt_tokens=1, extra_json='{"janus":{"source":"metered"},"details":{"a":1}}')
    event = ChatEvent(finish=Finish(usage=usage)) if ending else ChatEvent(usage=usage)
    assert strip_claims(event)
    kept = event.finish.usage if ending else event.usage
    assert json.loads(kept.extra_json) == {"details": {"a": 1}}


def test_the_fields_of_tool_calls_and_artifacts_are_not_said_twice() -> None:
    call = ChatEvent(tool_call=ToolCallDelta(id="a", extra_json='{"id":"b","x":1}'))
    artifact = ChatEvent(artifact=Artifact(url="/a", extra_json='{"url":"http://elsewhere/","y":2}'))
    assert strip_claims(call)
    assert strip_claims(artifact)
    assert call.tool_call.extra_json == '{"x":1}'
    assert artifact.artifact.extra_json == '{"y":2}'


@pytest.mark.parametrize("text", ["nothing", "[1]", '"text"', "{" * 3000])
def test_what_is_not_a_json_object_is_dropped(text: str) -> None:
    assert without(text, frozenset({"janus"})) == ""


def test_numbers_keep_their_digits() -> None:
    assert (
        without('{"janus":1,"n":18446744073709551617}', frozenset({"janus"})) == '{"n":18446744073709551617}'
    )
    untouched = '{"n":1.10,"big":18446744073709551617}'
    assert without(untouched, frozenset({"janus"})) == untouched


def test_the_router_s_own_steps_and_usage_pass_the_edge() -> None:
    step = ChatEvent(janus=JanusEvent(event="route", payload_json="{}"))
    usage = ChatEvent(finish=Finish(usage=Usage(extra_json='{"janus":{"source":"metered"}}')))
    assert not strip_extras(step)
    assert not strip_extras(usage)
    assert step.janus.event == "route"
