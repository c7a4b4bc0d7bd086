"""Chat completion requests that must be taken, one per feature, as JSON values."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)


def request(*messages: Json, **fields: Any) -> Json:
    """A request with these messages, or with one short one, and these further fields."""
    return {"model": "janus", "messages": list(messages) or [{"role": "user", "content": "Hi"}], **fields}


def user(*parts: Json, **fields: Any) -> Json:
    """A user's turn that consists of parts."""
    return {"role": "user", "content": list(parts), **fields}


def function_tool(name: str = "get_weather", **fields: Any) -> Json:
    """A function on offer."""
    return {"type": "function", "function": {"name": name, **fields}}


_CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":'}}
_QUESTION = {"role": "user", "content": "What is the weather?"}
_X = {"x_unknown": {"deep": [1, 2.5, None, "ü"]}}

GOOD_REQUESTS: dict[str, Json] = {
    "smallest": request(),
    "every_role": request(
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Use metric units."},
        {"role": "user", "content": "What is the weather?", "name": "ann"},
        {"role": "assistant", "content": None, "tool_calls": [_CALL]},
        {"role": "tool", "content": "rain", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "It rains.", "name": "bot"},
        {"role": "user", "content": "Thanks"},
    ),
    "empty_content": request({"role": "user", "content": ""}),
    "all_scalars": request(
        competitor_id="baseline-agent-cli",
        stream=True,
        stream_options={"include_usage": True},
        temperature=0.7,
        top_p=0.95,
        n=2,
        stop="END",
        max_tokens=16,
        max_completion_tokens=32,
        presence_penalty=-1.5,
        frequency_penalty=1.5,
        logit_bias={"50256": -100, "11": 2.5},
        logprobs=True,
        top_logprobs=5,
        seed=42,
        parallel_tool_calls=False,
        reasoning_effort="low",
        user="u-1",
        metadata={"team": "a"},
    ),
    "nulls_count_as_absent": request(
        competitor_id=None,
        stream=None,
        stream_options=None,
        temperature=None,
        top_p=None,
        n=None,
        stop=None,
        max_tokens=None,
        max_completion_tokens=None,
        presence_penalty=None,
        frequency_penalty=None,
        logit_bias=None,
        logprobs=None,
        top_logprobs=None,
        seed=None,
        tools=None,
        tool_choice=None,
        parallel_tool_calls=None,
        response_format=None,
        reasoning_effort=None,
        user=None,
        metadata=None,
    ),
    "lower_bounds": request(
        temperature=0,
        top_p=0,
        n=1,
        max_tokens=1,
        max_completion_tokens=1,
        presence_penalty=-2,
        frequency_penalty=-2,
        top_logprobs=0,
        seed=-(2**63),
        logit_bias={"1": -100},
        tools=[],
        metadata={},
    ),
    "upper_bounds": request(
        temperature=2,
        top_p=1,
        n=128,
        max_tokens=2**31 - 1,
        max_completion_tokens=2**31 - 1,
        presence_penalty=2,
        frequency_penalty=2,
        top_logprobs=20,
        seed=2**63 - 1,
        logit_bias={"1": 100},
        metadata={f"{number:064}": "v" * 512 for number in range(16)},
    ),
    "whole_numbers_with_a_point": request(n=2.0, max_tokens=1e2, seed=7.0, top_logprobs=0.0),
    "stop_list": request(stop=["a", "b", "c", "d"]),
    "stream_without_usage": request(stream=True, stream_options={"include_usage": False}),
    "text_parts": request(user({"type": "text", "text": "a"}, {"type": "text", "text": ""})),
    "parts_of_unknown_types": request(
        user(
            {"type": "video_url", "video_url": {"url": "https://example.org/a.mp4", "fps": 2}},
            {"type": "x", "text": 1},
        )
    ),
    "role_function": request(
        {"role": "user", "content": "What is the weather?"},
        {"role": "assistant", "content": None, "function_call": {"name": "get_weather", "arguments": "{}"}},
        {"role": "function", "name": "get_weather", "content": "rain"},
        {"role": "function", "name": "get_weather", "content": None},
    ),
    "empty_fields_that_clients_send": request(
        {"role": "assistant", "content": "", "tool_calls": None, "refusal": None, "function_call": None},
        tools=[],
        stop="",
        stream=False,
        stream_options={},
        user="",
        metadata={},
        logit_bias={},
        response_format=None,
    ),
    "temperature_as_an_integer": request(temperature=1, top_p=1, presence_penalty=0, frequency_penalty=0),
    "most_items": request(
        {"role": "assistant", "tool_calls": [_CALL] * 128},
        user(*[{"type": "text", "text": "a"}] * 2048),
        logit_bias={str(token): 1 for token in range(1024)},
        tools=[function_tool()] * 512,
    ),
    "image_by_address": request(
        user({"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "high"}})
    ),
    "image_by_upper_case_address": request(
        user({"type": "image_url", "image_url": {"url": "HTTP://EXAMPLE.ORG/ä?b=c#d"}})
    ),
    "image_by_data_url": request(user({"type": "image_url", "image_url": {"url": PIXEL, "detail": None}})),
    "image_data_url_with_parameter": request(
        user({"type": "image_url", "image_url": {"url": "data:image/svg+xml;charset=utf-8;base64,PHN2Zy8+"}})
    ),
    "audio": request(user({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}})),
    "file_by_id": request(user({"type": "file", "file": {"file_id": "file-1"}})),
    "file_by_base64": request(user({"type": "file", "file": {"file_data": "JVBERg==", "filename": "a.pdf"}})),
    "file_by_data_url": request(
        user({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERg==", "file_id": None}})
    ),
    "parts_in_every_role": request(
        {"role": "system", "content": [{"type": "text", "text": "a"}]},
        {"role": "developer", "content": [{"type": "text", "text": "a"}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"role": "tool", "tool_call_id": "", "content": [{"type": "text", "text": "a"}]},
    ),
    "assistant_with_refusal_only": request({"role": "assistant", "refusal": "no"}, _QUESTION),
    "assistant_with_reasoning_only": request(
        {"role": "assistant", "content": None, "reasoning_content": "Hm."}, _QUESTION
    ),
    "assistant_with_old_function_call": request(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    ),
    "assistant_with_audio_only": request({"role": "assistant", "audio": {"id": "audio_1"}}),
    "assistant_with_artifacts_only": request({"role": "assistant", "content": None, "artifacts": []}),
    "assistant_without_calls": request({"role": "assistant", "content": "a", "tool_calls": []}),
    "assistant_with_other_tool_call": request(
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "sql"}}]}
    ),
    "tools": request(
        tools=[
            function_tool(description="Weather of a city", parameters={"type": "object"}, strict=True),
            function_tool("a-B_9" * 12, description=None, parameters=None, strict=None),
            {"type": "custom", "custom": {"name": "sql"}},
        ],
        tool_choice="auto",
    ),
    "tool_choice_function": request(
        tools=[function_tool()],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
    ),
    "tool_choice_other": request(
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
    ),
    "format_text": request(response_format={"type": "text"}),
    "format_json_object": request(response_format={"type": "json_object"}),
    "format_json_schema": request(
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "answer",
                "description": "An answer",
                "schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
                "strict": True,
            },
        }
    ),
    "format_json_schema_by_name_only": request(
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": None}}
    ),
    "unknown_effort": request(reasoning_effort="xhigh"),
    "unknown_fields_everywhere": request(
        user(
            {"type": "text", "text": "a", **_X},
            {"type": "image_url", "image_url": {"url": PIXEL, **_X}, **_X},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3", **_X}, **_X},
            {"type": "file", "file": {"file_id": "f", **_X}, **_X},
            **_X,
        ),
        {
            "role": "assistant",
            "tool_calls": [
                {**_CALL, "function": {"name": "f", "arguments": "", **_X}, **_X},
                {"id": "c", "type": "custom", "custom": {}, **_X},
            ],
            **_X,
        },
        {"role": "tool", "content": "a", "tool_call_id": "c", **_X},
        stream_options={"include_usage": True, **_X},
        tools=[{**function_tool(**_X), **_X}, {"type": "custom", **_X}],
        tool_choice={"type": "function", "function": {"name": "f", **_X}, **_X},
        response_format={"type": "json_schema", "json_schema": {"name": "a", **_X}, **_X},
        **_X,
    ),
    "unknown_fields_named_like_python": request(
        model_config={}, model_dump=1, __class__="a", copy=[], self=None, schema={}
    ),
    "unknown_integers_of_any_size": request(x_big=10**400, x_small=-(10**400)),
    "characters_of_all_kinds": request({"role": "user", "content": "\x00\u2028\U0001f600\ufffe\ufeff"}),
    "long_conversation": request(*[_QUESTION] * 4096),
}

# Requests that are good but for what is put into them.
PLACES: list[Callable[[Any], Json]] = [
    lambda value: request(x=value),
    lambda value: request({"role": "user", "content": value}),
    lambda value: request({"role": value, "content": "a"}),
    lambda value: request(user(value)),
    request,
    lambda value: {"model": value, "messages": value},
    lambda value: request(tools=[value], tool_choice=value),
    lambda value: request(response_format=value, metadata=value, logit_bias=value),
]
