"""Whatever events a competitor sends, in any order, a client gets a well-formed answer or a typed error."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from support.answers import ChatEvent

import janus_mesh as mesh
from janus_edge.answer_json import Identity
from janus_edge.artifact_links import ArtifactLinks
from janus_edge.chunks import DONE, ChunkWriter
from janus_edge.competition.blind_answer import _BlindWriter
from janus_edge.completion import CompletionBuilder
from janus_edge.signing import ArtifactSigner
from janus_edge.steps import Steps
from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

IDENTITY = Identity("chatcmpl-1", 1_700_000_000, "asked")
LINKS = ArtifactLinks(ArtifactSigner(b"k" * 32), public_url="", max_ttl=60.0)
MARK = "hostile"


def mixed(*strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Each of these as often as it is named, which `one_of` does not promise."""
    return st.sampled_from(strategies).flatmap(lambda chosen: chosen)


indexes = st.sampled_from([0] * 20 + [1, 1, 127, 128, 2**32 - 1])
words = st.one_of(
    st.sampled_from(
        [
            "",
            MARK,
            "route",
            "error",
            "artifact",
            "tool_start",
            "[DONE]",
            "\n\ndata: [DONE]\n\n",
            '\r\n\r\ndata: {"error":{}}\r\n\r\n',
            "\u2028\x00\x85",
            "](/v1/artifacts/a)",
            "http://c/v1/artifacts/a",
        ]
    ),
    st.text(max_size=8),
)
names = st.sampled_from(
    [
        "id",
        "object",
        "created",
        "model",
        "choices",
        "usage",
        "error",
        "janus",
        "index",
        "delta",
        "message",
        "finish_reason",
        "role",
        "content",
        "artifacts",
        "tool_calls",
        "url",
        "cost_usd",
        "type",
        "function",
        "system_fingerprint",
        "x\n\ny",
    ]
)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), words
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)
CLAIMS = dict.fromkeys(("id", "model", "usage", "error", "janus", "role", "content", "url", "index"), MARK)
DEEP = '{"a":' * 300 + "1" + "}" * 300
SOUND = ["", *map(json.dumps, ({"x": 1}, CLAIMS, CLAIMS | {"y": 2**70}))]
# Mostly sound, so that an answer gets beyond its first event.
objects = mixed(
    *[st.sampled_from(SOUND)] * 8,
    st.dictionaries(names, values, max_size=6).map(json.dumps),
    st.sampled_from(["{", "[]", "NaN", '{"a":"\\ud800"}', '{"a":1e999}', DEEP]),
)
usages = st.builds(
    pb.Usage,
    prompt_tokens=st.integers(0, 2**64 - 1),
    cost_usd=st.one_of(st.none(), st.floats()),
    extra_json=objects,
)
payloads = mixed(
    st.fixed_dictionaries({"start": st.builds(pb.AnswerStart, model=words, id=words)}),
    st.fixed_dictionaries({"role": st.integers(0, 9)}),
    *(st.fixed_dictionaries({kind: words}) for kind in ("content", "reasoning", "refusal")),
    st.fixed_dictionaries(
        {
            "tool_call": st.builds(
                pb.ToolCallDelta,
                index=indexes,
                id=words,
                type=words,
                name=words,
                arguments=words,
                extra_json=objects,
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "artifact": st.builds(
                pb.Artifact,
                id=words,
                url=st.sampled_from(
                    ["/v1/artifacts/a", "data:,a", "http://c/v1/artifacts/a"] * 3 + ["/metrics", ""]
                ),
                created_at=st.sampled_from(["", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59"]),
                ttl_seconds=st.integers(0, 2**32 - 1),
                extra_json=objects,
            )
        }
    ),
    st.fixed_dictionaries({"janus": st.builds(pb.JanusEvent, event=words, payload_json=objects)}),
    st.fixed_dictionaries({"usage": usages}),
    st.fixed_dictionaries({"choice_finish": st.builds(pb.ChoiceFinish, reason=words)}),
    st.fixed_dictionaries({"finish": st.builds(pb.Finish, usage=st.one_of(st.none(), usages))}),
    st.sampled_from([{}, {}, {"error": pb.Error(message=MARK)}]),
)
extras = st.one_of(
    st.none(), st.none(), st.builds(pb.Extras, chunk_json=objects, choice_json=objects, delta_json=objects)
)
events = st.builds(
    lambda choice, payload, extras: ChatEvent(choice=choice, extras=extras, **payload),
    indexes,
    payloads,
    extras,
)
answers = st.lists(mixed(events, events, events, words), min_size=1, max_size=12)
# A completion is only made of an answer that ends well.
ENDING = [
    *(ChatEvent(choice=choice, choice_finish=pb.ChoiceFinish(reason="stop")) for choice in (0, 1, 127)),
    ChatEvent(finish=pb.Finish()),
]


def written(writer: Any, said: list[mesh.Said]) -> Iterator[bytes]:
    """What a stream has of these events, up to the first that is refused."""
    for event in said:
        try:
            yield writer.write(event)
        except CompetitorFailed:
            return


def chunks_of(text: bytes) -> list[dict[str, Any]]:
    """Reads a stream as a strict client does."""
    assert text == b"" or text.endswith(b"\n\n")
    assert b"\r" not in text
    frames = text.split(b"\n\n")[:-1]
    assert all(frame.startswith(b"data: ") and b"\n" not in frame for frame in frames)
    return [json.loads(frame[6:]) for frame in frames if frame + b"\n\n" != DONE]


@given(answers, st.sampled_from(Steps), st.booleans())
@example(
    [ChatEvent(janus=pb.JanusEvent(event="route", payload_json='{"competitor_id":"x"}'))], Steps.DELTA, False
)
@example([ChatEvent(content="a", extras=pb.Extras(chunk_json='{"error":1,"id":"x"}'))], Steps.DELTA, False)
@example(
    [ChatEvent(janus=pb.JanusEvent(event="artifact", payload_json='{"url":"http://x"}'))], Steps.CHUNK, True
)
def test_a_stream_is_well_formed_and_says_nothing_in_janus_name(
    said: list[mesh.Said], steps: Steps, include_usage: bool
) -> None:
    writer = ChunkWriter(
        IDENTITY, include_usage=include_usage, artifact_url=lambda a: LINKS.url(a, "alpha"), steps=steps
    )
    parts = list(written(writer, said))
    told = [chunk for part in parts for chunk in chunks_of(part)]
    for chunk in told:
        assert (chunk["id"], chunk["object"], chunk["created"]) == (
            "chatcmpl-1",
            "chat.completion.chunk",
            1_700_000_000,
        )
        assert isinstance(chunk["model"], str)
        assert "error" not in chunk
        assert chunk["choices"] or include_usage
        assert ("usage" in chunk) == include_usage
        for choice in chunk["choices"]:
            assert 0 <= choice["index"] < 128
            assert not {"error", "janus", "usage", "message"} & set(choice)
            assert not {"error", "artifacts"} & set(choice["delta"])
            assert choice["delta"].get("role", "assistant") == "assistant"
            for call in choice["delta"].get("tool_calls", ()):
                assert 0 <= call["index"] < 128
                assert not {"error", "janus"} & set(call)
        steps_told = [chunk.get("janus"), *(choice["delta"].get("janus") for choice in chunk["choices"])]
        for step in filter(None, steps_told):
            assert step["event"] not in ("route", "error", "")
            assert step["event"] != "artifact" or step["payload"]["url"].startswith(
                ("/v1/artifacts/", "data:")
            )
        assert steps is Steps.DELTA or not any(steps_told[1:])
        assert steps is Steps.CHUNK or steps_told[0] is None
    indexes_told = [choice["index"] for chunk in told for choice in chunk["choices"]]
    roles = [c["index"] for chunk in told for c in chunk["choices"] if "role" in c["delta"]]
    assert roles == list(dict.fromkeys(indexes_told))
    for part in parts:
        with_usage = [chunk for chunk in chunks_of(part) if chunk.get("usage")]
        assert len(with_usage) == (1 if with_usage and part.endswith(DONE) else 0)


@given(answers)
def test_a_completion_is_well_formed_and_says_nothing_in_janus_name(said: list[mesh.Said]) -> None:
    builder = CompletionBuilder(IDENTITY, artifact_url=lambda a: LINKS.url(a, "alpha"), max_bytes=100_000)
    try:
        for event in [*said, *ENDING]:
            builder.add(ChatEvent(content=event) if isinstance(event, str) else event)
        whole = json.loads(builder.encoded())
    except CompetitorFailed:
        return
    assert (whole["id"], whole["object"], whole["created"]) == (
        "chatcmpl-1",
        "chat.completion",
        1_700_000_000,
    )
    assert not {"error", "janus"} & set(whole)
    for choice in whole["choices"]:
        assert 0 <= choice["index"] < 128
        assert not {"error", "janus", "usage", "delta"} & set(choice)
        message = choice["message"]
        assert not {"error", "janus"} & set(message)
        assert message["role"] == "assistant"
        for artifact in message.get("artifacts", ()):
            assert artifact["url"].startswith(("/v1/artifacts/", "data:"))
            assert not {"error", "janus"} & set(artifact)


@given(answers)
def test_a_blind_answer_says_only_its_text(said: list[mesh.Said]) -> None:
    writer = _BlindWriter(IDENTITY)
    told = [chunk for part in written(writer, said) for chunk in chunks_of(part)]
    for chunk in told:
        assert set(chunk) == {"id", "object", "created", "model", "choices"}
        assert chunk["model"] == "asked"
        for choice in chunk["choices"]:
            assert set(choice) == {"index", "delta", "logprobs", "finish_reason"}
            assert set(choice["delta"]) <= {"role", "content", "refusal"}
            assert choice["finish_reason"] in (
                None,
                "stop",
                "length",
                "content_filter",
                "tool_calls",
                "function_call",
            )
