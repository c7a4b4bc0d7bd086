"""The HTTP body that a container gets for a `ChatRequest`."""

import json
from typing import Any

import pytest
from support.answers import ask

from janus_mesh.errors import InvalidRequest
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb
from janus_shim.request_json import request_body


def body(request: pb.ChatRequest) -> dict[str, Any]:
    parsed = json.loads(request_body(request))
    assert isinstance(parsed, dict)
    return parsed


def message(**fields: Any) -> Any:
    """The only message of a body made of this one."""
    request = pb.ChatRequest(model="m", messages=[pb.Message(**fields)])
    return body(request)["messages"][0]


def content(*parts: pb.ContentPart) -> Any:
    return message(role=pb.ROLE_USER, parts=pb.ContentParts(parts=parts))["content"]


def test_a_plain_request_holds_nothing_that_was_not_said() -> None:
    assert body(ask("m", "hi")) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_stream_is_asked_for_even_when_the_client_wants_none() -> None:
    assert body(ask(stream=False))["stream"] is True


def test_usage_is_asked_for_beside_the_callers_other_stream_options() -> None:
    asked = body(ask(extra_json='{"stream_options": {"include_usage": false, "chunk_size": 3}}'))
    assert asked["stream_options"] == {"include_usage": True, "chunk_size": 3}


def test_the_competitor_id_stays_behind() -> None:
    assert "competitor_id" not in body(ask(competitor_id="c"))


def test_every_sampling_field_goes_over() -> None:
    fields: dict[str, Any] = {
        "temperature": 0.0,
        "top_p": 0.5,
        "n": 2,
        "stop": ["a", "b"],
        "max_tokens": 5,
        "max_completion_tokens": 6,
        "presence_penalty": -1.5,
        "frequency_penalty": 1.5,
        "logit_bias": {"50256": -100, "7": 0.5},
        "logprobs": True,
        "top_logprobs": 0,
        "seed": -(2**63),
        "parallel_tool_calls": False,
        "reasoning_effort": "low",
        "user": "u",
        "metadata": {"k": "v"},
    }
    asked = body(ask(**fields))
    assert {name: asked[name] for name in fields} == fields


def test_whole_token_biases_are_written_without_a_fraction() -> None:
    assert b'"7":-100' in request_body(ask(logit_bias={"7": -100}))


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant", "tool"])
def test_roles_are_openais_words(role: str) -> None:
    value = pb.Role.Value(f"ROLE_{role.upper()}")
    assert message(role=value, text="x") == {"role": role, "content": "x"}


def test_a_message_without_a_role_is_refused_by_its_path() -> None:
    with pytest.raises(InvalidRequest) as caught:
        request_body(pb.ChatRequest(messages=[pb.Message(role=pb.ROLE_USER), pb.Message(text="x")]))
    assert caught.value.param == "messages[1].role"


def test_an_assistants_content_that_is_not_set_is_null() -> None:
    call = pb.ToolCall(id="call_1", type="function", name="f", arguments='{"a":')
    assert message(role=pb.ROLE_ASSISTANT, tool_calls=[call]) == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":'}}],
    }


def test_an_empty_content_is_not_null() -> None:
    assert message(role=pb.ROLE_ASSISTANT, text="")["content"] == ""


def test_all_fields_of_a_message_go_over() -> None:
    assert message(
        role=pb.ROLE_ASSISTANT,
        text="x",
        name="ann",
        refusal="",
        reasoning_content="hm",
        extra_json='{"audio": {"id": 1}}',
    ) == {
        "role": "assistant",
        "content": "x",
        "name": "ann",
        "refusal": "",
        "reasoning_content": "hm",
        "audio": {"id": 1},
    }
    answer = message(role=pb.ROLE_TOOL, text="42", tool_call_id="call_1")
    assert answer == {"role": "tool", "content": "42", "tool_call_id": "call_1"}


def test_every_kind_of_part_goes_over_in_order() -> None:
    assert content(
        pb.ContentPart(text="look", extra_json='{"cache_control": {"type": "ephemeral"}}'),
        pb.ContentPart(image_url=pb.ImageUrl(url="data:image/png;base64,AA==", detail="low")),
        pb.ContentPart(image_url=pb.ImageUrl(url="https://x.test/a.png", extra_json='{"format": "png"}')),
        pb.ContentPart(input_audio=pb.InputAudio(data="AA==", format="wav")),
        pb.ContentPart(file=pb.File(file_id="file-1", extra_json='{"pages": 3}')),
        pb.ContentPart(file=pb.File(file_data="AA==", filename="a.pdf")),
        pb.ContentPart(refusal="no"),
        pb.ContentPart(extra_json='{"type": "video_url", "video_url": {"url": "u"}}'),
    ) == [
        {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "format": "png"}},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1", "pages": 3}},
        {"type": "file", "file": {"file_data": "AA==", "filename": "a.pdf"}},
        {"type": "refusal", "refusal": "no"},
        {"type": "video_url", "video_url": {"url": "u"}},
    ]


def test_tools_go_over_with_their_schemas_and_unknown_fields() -> None:
    function = pb.Tool(
        type="function",
        name="weather",
        description="of a city",
        parameters_json='{"type": "object"}',
        strict=False,
        extra_json='{"cache": true}',
        function_extra_json='{"version": 2}',
    )
    bare = pb.Tool(type="function", name="now")
    other = pb.Tool(type="custom", extra_json='{"type": "custom", "custom": {"name": "sql"}}')
    assert body(ask(tools=[function, bare, other]))["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "of a city",
                "parameters": {"type": "object"},
                "strict": False,
                "version": 2,
            },
            "cache": True,
        },
        {"type": "function", "function": {"name": "now"}},
        {"type": "custom", "custom": {"name": "sql"}},
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (pb.ToolChoice(mode="required"), "required"),
        (pb.ToolChoice(function="f"), {"type": "function", "function": {"name": "f"}}),
        (pb.ToolChoice(other_json='{"type": "allowed_tools"}'), {"type": "allowed_tools"}),
    ],
    ids=["mode", "function", "other"],
)
def test_a_tool_choice_keeps_its_form(choice: pb.ToolChoice, expected: Any) -> None:
    assert body(ask(tool_choice=choice))["tool_choice"] == expected


def test_a_schema_for_the_answer_goes_over_whole() -> None:
    form = pb.ResponseFormat(
        type="json_schema",
        name="city",
        description="a city",
        schema_json='{"type": "object"}',
        strict=True,
        extra_json='{"lenient": 1}',
        schema_extra_json='{"version": 3}',
    )
    assert body(ask(response_format=form))["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "city",
            "description": "a city",
            "schema": {"type": "object"},
            "strict": True,
            "version": 3,
        },
        "lenient": 1,
    }
    plain = pb.ResponseFormat(type="json_object")
    assert body(ask(response_format=plain))["response_format"] == {"type": "json_object"}


def test_unknown_fields_return_to_the_top_and_never_replace_known_ones() -> None:
    asked = body(
        ask("m", extra_json='{"top_k": 5, "model": "other", "stream": false, "nested": {"a": [null]}}')
    )
    assert (asked["top_k"], asked["nested"]) == (5, {"a": [None]})
    assert (asked["model"], asked["stream"]) == ("m", True)


def test_unknown_fields_return_into_tool_calls_at_both_levels() -> None:
    call = pb.ToolCall(
        id="c",
        type="function",
        name="f",
        arguments="{}",
        extra_json='{"index": 0}',
        function_extra_json='{"v": 1}',
    )
    assert message(role=pb.ROLE_ASSISTANT, tool_calls=[call])["tool_calls"] == [
        {"index": 0, "id": "c", "type": "function", "function": {"v": 1, "name": "f", "arguments": "{}"}}
    ]


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        (ask(extra_json="{"), "extra_json"),
        (ask(extra_json="[1]"), "extra_json"),
        (
            ask(tools=[pb.Tool(type="function", name="f", parameters_json="no")]),
            "tools[0].function.parameters",
        ),
        (
            ask(response_format=pb.ResponseFormat(type="json_schema", schema_json="{,}")),
            "response_format.json_schema.schema",
        ),
    ],
    ids=["broken", "no object", "parameters", "schema"],
)
def test_json_that_is_none_is_the_callers_fault_and_named(request_: pb.ChatRequest, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        request_body(request_)
    assert caught.value.param == param


def test_integers_in_unknown_fields_keep_all_their_digits() -> None:
    huge = 2**64 + 1
    body = request_body(ask(extra_json=f'{{"seed_of_mine": {huge}, "list": [-{huge}]}}'))
    assert f'"seed_of_mine":{huge}'.encode() in body.replace(b" ", b"")
    assert json.loads(body)["list"] == [-huge]


def test_stream_options_can_be_left_out_but_not_those_of_the_client() -> None:
    assert b"stream_options" not in request_body(ask(), stream_options=False)
    own = ask(extra_json='{"stream_options": {"chunk_include_usage": true}}')
    assert json.loads(request_body(own, stream_options=False))["stream_options"] == {
        "chunk_include_usage": True
    }
