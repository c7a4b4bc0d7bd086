"""How each event of the mesh is written as chunks of an OpenAI stream."""

import json
from typing import Any

import pytest
from support.answers import ChatEvent, finish
from support.edge_stack import route

from janus_edge.answer_json import Identity
from janus_edge.chunks import DONE, ChunkWriter
from janus_edge.steps import Steps
from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

Extras = event_pb2.Extras
STOP = ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop"))


def writer(include_usage: bool = False, steps: Steps = Steps.DELTA) -> ChunkWriter:
    return ChunkWriter(
        Identity("chatcmpl-1", 1_700_000_000, "asked"),
        include_usage=include_usage,
        artifact_url=lambda artifact: f"/v1/artifacts/{artifact.id}",
        steps=steps,
    )


def chunks(
    *events: event_pb2.ChatEvent, include_usage: bool = False, steps: Steps = Steps.DELTA
) -> list[dict[str, Any]]:
    """What the events are written as, the final [DONE] left out."""
    to = writer(include_usage, steps)
    text = b"".join(to.write(event) for event in events).decode()
    parts = [part for part in text.split("\n\n") if part and part != "data: [DONE]"]
    return [json.loads(part.removeprefix("data: ")) for part in parts]


def role(choice: int = 0) -> event_pb2.ChatEvent:
    return ChatEvent(choice=choice, role=request_pb2.ROLE_ASSISTANT)


def delta(event: event_pb2.ChatEvent) -> Any:
    """The delta of an event that is not its choice's first."""
    _, chunk = chunks(role(), event)
    return chunk["choices"][0]["delta"]


def test_a_content_chunk_has_openais_form() -> None:
    assert chunks(role(2), ChatEvent(choice=2, content='say "hi"\n'))[1:] == [
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "asked",
            "choices": [
                {"index": 2, "delta": {"content": 'say "hi"\n'}, "logprobs": None, "finish_reason": None}
            ],
        }
    ]


def test_each_event_is_one_data_line_and_a_blank_one() -> None:
    text = writer().write(ChatEvent(content="a\nb\r\u2028c"))
    assert text.startswith(b"data: {")
    assert text.endswith(b"}\n\n")
    assert text.count(b"\n") == 2
    assert b"\r" not in text


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ChatEvent(reasoning="hm"), {"reasoning_content": "hm"}),
        (ChatEvent(refusal="no"), {"refusal": "no"}),
        (
            ChatEvent(
                tool_call=event_pb2.ToolCallDelta(index=1, id="call_1", type="function", name="look_up")
            ),
            {
                "tool_calls": [
                    {
                        "index": 1,
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "look_up", "arguments": ""},
                    }
                ]
            },
        ),
        (
            ChatEvent(tool_call=event_pb2.ToolCallDelta(index=1, arguments='{"q')),
            {"tool_calls": [{"index": 1, "function": {"arguments": '{"q'}}]},
        ),
        (
            ChatEvent(
                tool_call=event_pb2.ToolCallDelta(
                    id="call_2", type="custom", extra_json='{"custom":{"name":"f","input":"x"}}'
                )
            ),
            {
                "tool_calls": [
                    {
                        "index": 0,
                        "id": "call_2",
                        "type": "custom",
                        "custom": {"name": "f", "input": "x"},
                    }
                ]
            },
        ),
        (
            ChatEvent(tool_call=event_pb2.ToolCallDelta(extra_json='{"custom":{"input":"y"}}')),
            {"tool_calls": [{"index": 0, "custom": {"input": "y"}}]},
        ),
        (
            ChatEvent(janus=event_pb2.JanusEvent(event="tool_start", payload_json='{"name":"ls"}')),
            {"janus": {"event": "tool_start", "payload": {"name": "ls"}}},
        ),
        (
            ChatEvent(janus=event_pb2.JanusEvent(event="sandbox_end")),
            {"janus": {"event": "sandbox_end", "payload": {}}},
        ),
    ],
    ids=lambda value: value.WhichOneof("payload") if isinstance(value, event_pb2.ChatEvent) else "",
)
def test_a_delta_is_written_as_openai_has_it(event: event_pb2.ChatEvent, expected: object) -> None:
    assert delta(event) == expected


def test_an_artifact_is_a_janus_event_with_the_gateways_url() -> None:
    artifact = event_pb2.Artifact(
        id="artf_1",
        type="image",
        mime_type="image/png",
        display_name="plot.png",
        size_bytes=10,
        sha256="ab",
        created_at="2026-01-01T00:00:00Z",
        ttl_seconds=60,
        url="http://competitor/plot.png",
        extra_json='{"width":3}',
    )
    assert delta(ChatEvent(artifact=artifact)) == {
        "janus": {
            "event": "artifact",
            "payload": {
                "id": "artf_1",
                "type": "image",
                "mime_type": "image/png",
                "display_name": "plot.png",
                "size_bytes": 10,
                "sha256": "ab",
                "created_at": "2026-01-01T00:00:00Z",
                "ttl_seconds": 60,
                "url": "/v1/artifacts/artf_1",
                "width": 3,
            },
        }
    }


def test_the_start_names_the_model_and_makes_no_chunk() -> None:
    start = ChatEvent(start=event_pb2.AnswerStart(model="alpha-1"))
    assert [chunk["model"] for chunk in chunks(start, ChatEvent(content="a"))] == ["alpha-1"]


def test_the_end_of_a_choice_says_why() -> None:
    _, chunk = chunks(role(1), ChatEvent(choice=1, choice_finish=event_pb2.ChoiceFinish(reason="length")))
    assert chunk["choices"] == [{"index": 1, "delta": {}, "logprobs": None, "finish_reason": "length"}]


def test_extras_of_the_start_are_in_every_chunk() -> None:
    start = ChatEvent(
        start=event_pb2.AnswerStart(model="m"), extras=Extras(chunk_json='{"system_fingerprint":"fp"}')
    )
    written = chunks(start, ChatEvent(content="a"), STOP, finish(), include_usage=True)
    assert [chunk["system_fingerprint"] for chunk in written] == ["fp"] * 3


def test_extras_stand_where_they_stood() -> None:
    event = ChatEvent(
        content="a",
        extras=Extras(
            chunk_json='{"system_fingerprint":"fp2"}',
            choice_json='{"logprobs":{"content":[]}}',
            delta_json='{"annotations":[1]}',
        ),
    )
    start = ChatEvent(start=event_pb2.AnswerStart(), extras=Extras(chunk_json='{"system_fingerprint":"fp1"}'))
    _, chunk = chunks(start, role(), event)
    assert chunk["system_fingerprint"] == "fp2"
    assert chunk["choices"] == [
        {
            "index": 0,
            "delta": {"annotations": [1], "content": "a"},
            "logprobs": {"content": []},
            "finish_reason": None,
        }
    ]


def test_extras_at_a_choice_without_a_payload_are_a_chunk_of_their_own() -> None:
    at_delta = ChatEvent(choice=1, extras=Extras(delta_json='{"audio":{"id":"a"}}'))
    _, chunk = chunks(role(1), at_delta)
    assert chunk["choices"][0]["index"] == 1
    assert chunk["choices"][0]["delta"] == {"audio": {"id": "a"}}


@pytest.mark.parametrize("include_usage", [False, True])
def test_extras_beside_no_choice_wait_for_the_next_chunk_that_has_one(include_usage: bool) -> None:
    filtered = ChatEvent(extras=Extras(chunk_json='{"prompt_filter_results":[]}'))
    first, second = chunks(
        filtered, ChatEvent(content="a"), ChatEvent(content="b"), include_usage=include_usage
    )
    assert first["prompt_filter_results"] == []
    assert first["choices"][0]["delta"]["content"] == "a"
    assert "prompt_filter_results" not in second


def test_many_extras_beside_no_choice_do_not_wait_for_ever() -> None:
    extras = [
        ChatEvent(extras=Extras(chunk_json=json.dumps({f"x{number}": "y" * 1000}))) for number in range(100)
    ]
    told = chunks(*extras)
    assert len(told) == 1
    assert told[0]["x0"] == "y" * 1000
    assert told[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}


@pytest.mark.parametrize(
    "event",
    [
        ChatEvent(),
        ChatEvent(content=""),
        ChatEvent(reasoning=""),
        ChatEvent(refusal=""),
        ChatEvent(usage=event_pb2.Usage(total_tokens=1)),
        ChatEvent(start=event_pb2.AnswerStart(model="m")),
        ChatEvent(extras=Extras(chunk_json="{}", choice_json="{}", delta_json="{}")),
        ChatEvent(extras=Extras(choice_json='{"index":1}', delta_json='{"content":""}')),
    ],
)
def test_an_event_that_says_nothing_makes_no_chunk(event: event_pb2.ChatEvent) -> None:
    assert writer().write(event) == b""
    assert writer().write("") == b""


# The first chunk of a choice.


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (role(), {"role": "assistant", "content": ""}),
        (ChatEvent(role=request_pb2.ROLE_SYSTEM), {"role": "assistant", "content": ""}),
        (ChatEvent(content="a"), {"role": "assistant", "content": "a"}),
        (
            ChatEvent(content="a", extras=Extras(delta_json='{"x":1,"role":"tool"}')),
            {"role": "assistant", "content": "a", "x": 1},
        ),
        (ChatEvent(reasoning="a"), {"role": "assistant", "content": "", "reasoning_content": "a"}),
        (
            ChatEvent(tool_call=event_pb2.ToolCallDelta(id="c", type="function", name="f")),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}
                ],
            },
        ),
        (STOP, {"role": "assistant", "content": ""}),
    ],
)
def test_the_first_chunk_of_a_choice_says_the_role(event: event_pb2.ChatEvent, expected: object) -> None:
    (chunk,) = chunks(event)
    assert chunk["choices"][0]["delta"] == expected


def test_the_first_text_says_the_role_and_the_next_does_not() -> None:
    to = writer()
    told = [json.loads(to.write(text).removeprefix(b"data: ")) for text in ("a", "b")]
    assert [chunk["choices"][0]["delta"] for chunk in told] == [
        {"role": "assistant", "content": "a"},
        {"content": "b"},
    ]


def test_each_choice_says_its_role_once() -> None:
    events = [ChatEvent(choice=choice, content="a") for choice in (0, 1, 0, 1)]
    told = chunks(role(), *events, role(1), role())
    assert [chunk["choices"][0]["index"] for chunk in told if "role" in chunk["choices"][0]["delta"]] == [
        0,
        1,
    ]


# What only Janus may say.


@pytest.mark.parametrize("name", ["route", "error", "artifact", ""])
def test_a_competitors_step_of_a_reserved_name_is_dropped(name: str) -> None:
    step = event_pb2.JanusEvent(event=name, payload_json='{"competitor_id":"rival","url":"http://evil"}')
    assert writer().write(ChatEvent(janus=step)) == b""


def test_the_routers_step_comes_with_the_role() -> None:
    told = writer().routes([route("alpha")])
    assert json.loads(told.removeprefix(b"data: "))["choices"][0]["delta"] == {
        "role": "assistant",
        "content": "",
        "janus": {"event": "route", "payload": json.loads(route("alpha").janus.payload_json)},
    }


@pytest.mark.parametrize("extra", ['{"id":"x","index":9}', '{"janus":1}', '{"error":1}'])
def test_unknown_fields_of_a_tool_call_cannot_contradict_it(extra: str) -> None:
    call = event_pb2.ToolCallDelta(arguments="{", extra_json=extra)
    assert delta(ChatEvent(tool_call=call)) == {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}


def test_unknown_fields_of_an_artifact_cannot_contradict_it() -> None:
    artifact = event_pb2.Artifact(id="a", extra_json='{"url":"http://evil","janus":1,"error":1,"x":1}')
    payload = delta(ChatEvent(artifact=artifact))["janus"]["payload"]
    assert payload["url"] == "/v1/artifacts/a"
    assert payload["x"] == 1
    assert not {"janus", "error"} & set(payload)


# Steps elsewhere.

ARTIFACTS = [
    ChatEvent(artifact=event_pb2.Artifact(id=f"artf_{n}", url=f"http://c/artifacts/{n}")) for n in (1, 2)
]
STEP = ChatEvent(janus=event_pb2.JanusEvent(event="tool_start"))


def test_steps_may_stand_beside_the_choices() -> None:
    told = chunks(ChatEvent(content="a"), STEP, *ARTIFACTS, steps=Steps.CHUNK)
    assert [chunk["janus"]["event"] for chunk in told[1:]] == ["tool_start", "artifact", "artifact"]
    assert [chunk["choices"][0]["delta"] for chunk in told[1:]] == [{}, {}, {}]


def test_steps_may_be_left_out_and_links_still_lead_to_the_gateway() -> None:
    told = chunks(
        ChatEvent(content="a"), STEP, *ARTIFACTS, ChatEvent(content="http://c/artifacts/2!"), steps=Steps.OFF
    )
    assert [chunk["choices"][0]["delta"]["content"] for chunk in told] == ["a", "/v1/artifacts/artf_2!"]


def test_extras_of_the_usage_chunk_go_where_it_goes() -> None:
    timings = ChatEvent(extras=Extras(chunk_json='{"timings":{"ms":1}}'))
    told = [ChatEvent(content="a"), STOP, timings, finish()]
    *others, last = chunks(*told, include_usage=True)
    assert last["timings"] == {"ms": 1}
    assert last["usage"]["total_tokens"] == 2
    assert not any("timings" in chunk for chunk in others)
    assert all(chunk["choices"] for chunk in chunks(*told))


def test_extras_cannot_contradict_what_the_edge_says() -> None:
    event = ChatEvent(
        content="a",
        extras=Extras(
            chunk_json='{"id":"x","object":"x","choices":5,"usage":1}',
            choice_json='{"index":7,"finish_reason":"stop"}',
            delta_json='{"content":"b"}',
        ),
    )
    assert chunks(event) == chunks(ChatEvent(content="a"))


@pytest.mark.parametrize("text", ["{nonsense", "[]", '"text"', "NaN"])
@pytest.mark.parametrize("where", ["chunk_json", "choice_json", "delta_json"])
def test_extras_that_are_no_object_are_the_competitors_fault(where: str, text: str) -> None:
    with pytest.raises(errors.CompetitorFailed, match=where.removesuffix("_json")):
        writer().write(ChatEvent(content="a", extras=Extras(**{where: text})))


def test_extras_nested_too_deeply_are_the_competitors_fault() -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900
    with pytest.raises(errors.CompetitorFailed, match="JSON"):
        writer().write(ChatEvent(content="a", extras=Extras(delta_json=deep)))


def test_usage_carries_what_is_known() -> None:
    usage = event_pb2.Usage(
        prompt_tokens=1,
        completion_tokens=2,
        total_tokens=3,
        cost_usd=0.0,
        sandbox_seconds=1.5,
        extra_json='{"completion_tokens_details":{"reasoning_tokens":1},"total_tokens":99}',
    )
    last = chunks(
        ChatEvent(content="a"), STOP, ChatEvent(finish=event_pb2.Finish(usage=usage)), include_usage=True
    )[-1]
    assert last["usage"] == {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "cost_usd": 0.0,
        "sandbox_seconds": 1.5,
        "completion_tokens_details": {"reasoning_tokens": 1},
    }


def test_usage_that_comes_in_every_chunk_is_told_once_at_the_end() -> None:
    def interim(total: int) -> event_pb2.ChatEvent:
        return ChatEvent(usage=event_pb2.Usage(total_tokens=total))

    told = chunks(
        interim(5),
        ChatEvent(content="a"),
        interim(6),
        ChatEvent(content="b"),
        STOP,
        interim(7),
        ChatEvent(finish=event_pb2.Finish()),
        include_usage=True,
    )
    *others, last = told
    assert [chunk["usage"] for chunk in others] == [None, None, None]
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 7)


def test_only_audited_usage_says_where_it_comes_from() -> None:
    claimed = event_pb2.Usage(total_tokens=6, extra_json='{"janus":{"source":"metered"},"cost_usd":0}')
    none_known = ChatEvent(finish=event_pb2.Finish())
    *_, last = chunks(ChatEvent(usage=claimed), ChatEvent(content="a"), STOP, none_known, include_usage=True)
    assert last["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 6}


def test_unknown_usage_makes_no_usage_chunk() -> None:
    none_known = ChatEvent(finish=event_pb2.Finish())
    assert len(chunks(ChatEvent(content="a"), STOP, none_known, include_usage=True)) == 2


def test_the_finish_is_done() -> None:
    to = writer()
    to.write(ChatEvent(content="a"))
    to.write(STOP)
    assert to.write(finish()) == DONE


def test_text_after_the_end_of_its_choice_is_passed_on() -> None:
    told = chunks(ChatEvent(content="a"), STOP, ChatEvent(content="b"), STOP, finish())
    assert [chunk["choices"][0]["delta"].get("content") for chunk in told] == ["a", None, "b"]


def test_text_after_the_end_that_waited_for_more_is_not_lost() -> None:
    told = chunks(*ARTIFACTS, ChatEvent(content="a"), STOP, ChatEvent(content="http://c"), finish())
    assert told[-1]["choices"][0]["delta"] == {"content": "http://c"}


def test_a_choice_that_is_open_at_the_finish_is_an_error() -> None:
    to = writer()
    to.write(ChatEvent(content="a"))
    with pytest.raises(errors.CompetitorFailed, match="choice 0"):
        to.write(finish())


def test_an_artifact_may_follow_the_end_of_its_choice() -> None:
    to = writer()
    for event in (ChatEvent(content="a"), STOP, ChatEvent(artifact=event_pb2.Artifact(id="artf_1"))):
        to.write(event)
    assert to.write(finish()) == DONE


def test_a_finish_without_any_choice_is_an_error() -> None:
    with pytest.raises(errors.CompetitorFailed, match="without an answer"):
        writer().write(finish())
