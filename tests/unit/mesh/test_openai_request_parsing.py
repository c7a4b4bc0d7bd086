"""Good requests become one typed `ChatRequest`, and what is unknown travels with them untouched."""

import json
from typing import Any

import pytest
from google.protobuf import json_format
from support.good_requests import GOOD_REQUESTS, PIXEL, Json, function_tool, request, user

from janus_mesh.openai import ParsedRequest, parse_chat_request
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb

X = {"x_unknown": {"deep": [1, 2.5, None, "ü"]}}
X_JSON = '{"x_unknown":{"deep":[1,2.5,null,"ü"]}}'


def parsed(value: Json) -> ParsedRequest:
    return parse_chat_request(json.dumps(value).encode())


def proto(value: Json) -> pb.ChatRequest:
    return parsed(value).request


def first_part(part: Json) -> pb.ContentPart:
    return proto(request(user(part))).messages[0].parts.parts[0]


@pytest.mark.parametrize("name", GOOD_REQUESTS)
def test_good_requests_parse_and_survive_the_wire(name: str):
    found = proto(GOOD_REQUESTS[name])
    assert pb.ChatRequest.FromString(found.SerializeToString()) == found
    assert len(found.messages) == len(GOOD_REQUESTS[name]["messages"])


def test_every_scalar_arrives():
    found = json_format.MessageToDict(proto(GOOD_REQUESTS["all_scalars"]), preserving_proto_field_name=True)
    sent = dict(GOOD_REQUESTS["all_scalars"])
    del sent["stream_options"]
    expected = sent | {"stop": ["END"], "seed": "42", "messages": [{"role": "ROLE_USER", "text": "Hi"}]}
    assert found == expected


def test_null_fields_are_not_set():
    assert proto(GOOD_REQUESTS["nulls_count_as_absent"]) == proto(GOOD_REQUESTS["smallest"])


def test_absent_fields_are_not_set():
    assert {field.name for field, _ in proto(request()).ListFields()} == {"model", "messages"}


def test_zero_is_not_absent():
    found = proto(request(temperature=0, top_p=0, top_logprobs=0, seed=0, logprobs=False))
    for field in ("temperature", "top_p", "top_logprobs", "seed", "logprobs"):
        assert found.HasField(field), field


def test_a_whole_number_may_be_written_with_a_point():
    found = proto(GOOD_REQUESTS["whole_numbers_with_a_point"])
    assert (found.n, found.max_tokens, found.seed, found.top_logprobs) == (2, 100, 7, 0)


def test_roles_keep_their_order_and_meaning():
    roles = [message.role for message in proto(GOOD_REQUESTS["every_role"]).messages]
    assert roles == [
        pb.ROLE_SYSTEM,
        pb.ROLE_DEVELOPER,
        pb.ROLE_USER,
        pb.ROLE_ASSISTANT,
        pb.ROLE_TOOL,
        pb.ROLE_ASSISTANT,
        pb.ROLE_USER,
    ]


def test_null_content_is_not_empty_content():
    null, empty = proto(
        request({"role": "assistant", "content": None, "refusal": ""}, {"role": "user", "content": ""})
    ).messages
    assert null.WhichOneof("content") is None
    assert null.HasField("refusal")
    assert empty.WhichOneof("content") == "text"


def test_an_assistants_turn_keeps_calls_refusal_and_reasoning():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":'}}
    message = {"role": "assistant", "tool_calls": [call], "refusal": "no", "reasoning_content": "hm"}
    found = proto(request(message)).messages[0]
    assert found.tool_calls[0] == pb.ToolCall(id="c", type="function", name="f", arguments='{"a":')
    assert (found.refusal, found.reasoning_content, found.extra_json) == ("no", "hm", "")


def test_a_tools_turn_keeps_its_call_id():
    found = proto(request({"role": "tool", "content": "rain", "tool_call_id": "c"})).messages[0]
    assert (found.text, found.tool_call_id) == ("rain", "c")


def test_a_functions_turn_keeps_its_name():
    _, _, told, null = proto(GOOD_REQUESTS["role_function"]).messages
    assert (told.role, told.name, told.text) == (pb.ROLE_FUNCTION, "get_weather", "rain")
    assert (null.role, null.WhichOneof("content")) == (pb.ROLE_FUNCTION, None)


def test_what_janus_added_to_an_answer_is_not_sent_back_to_competitors():
    answer = {"role": "assistant", "content": "a", "janus": [{"event": "route"}], "artifacts": [], "x": 1}
    found = proto(request(answer, {"role": "user", "content": "b", "janus": 1}))
    assert json.loads(found.messages[0].extra_json) == {"artifacts": [], "x": 1}
    assert json.loads(found.messages[1].extra_json) == {"janus": 1}  # the user's own, whatever it is


def test_a_part_of_an_unknown_type_travels_whole():
    part = {"type": "video_url", "video_url": {"url": "https://example.org/a.mp4", "x": 2**64 + 1}}
    found = first_part(part)
    assert found.WhichOneof("part") is None
    assert json.loads(found.extra_json) == part


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "text", "text": ""}, pb.ContentPart(text="")),
        ({"type": "refusal", "refusal": "no"}, pb.ContentPart(refusal="no")),
        (
            {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
            pb.ContentPart(image_url=pb.ImageUrl(url=PIXEL, detail="low")),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            pb.ContentPart(input_audio=pb.InputAudio(data="AAAA", format="mp3")),
        ),
        (
            {"type": "file", "file": {"file_data": "AAAA", "file_id": None, "filename": "a.pdf"}},
            pb.ContentPart(file=pb.File(file_data="AAAA", filename="a.pdf")),
        ),
        ({"type": "file", "file": {}}, pb.ContentPart(file=pb.File())),
    ],
)
def test_parts_of_every_type(part: Json, expected: pb.ContentPart):
    found = first_part(part)
    assert found == expected
    assert found.WhichOneof("part") == part["type"]


def test_a_function_on_offer():
    tool = function_tool("f", description="d", parameters={"type": "object", "maximum": 10**30}, strict=False)
    found = proto(request(tools=[tool])).tools[0]
    assert found == pb.Tool(
        type="function",
        name="f",
        description="d",
        parameters_json=f'{{"type":"object","maximum":{10**30}}}',
        strict=False,
    )
    assert found.HasField("strict")


def test_parameters_that_are_empty_are_not_absent():
    empty, absent = proto(request(tools=[function_tool(parameters={}), function_tool()])).tools
    assert (empty.parameters_json, absent.parameters_json) == ("{}", "")


def test_a_tool_that_is_no_function_travels_whole():
    tool = {"type": "custom", "custom": {"name": "sql"}, "function": None}
    found = proto(request(tools=[tool])).tools[0]
    assert found.type == "custom"
    assert json.loads(found.extra_json) == tool


def test_a_call_of_a_tool_that_is_no_function_keeps_its_fields():
    call = {"id": "c", "type": "custom", "custom": {"name": "sql", "input": "select"}}
    found = proto(request({"role": "assistant", "tool_calls": [call]})).messages[0].tool_calls[0]
    assert (found.id, found.type) == ("c", "custom")
    assert json.loads(found.extra_json) == {"custom": call["custom"]}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", pb.ToolChoice(mode="none")),
        ({"type": "function", "function": {"name": "f"}}, pb.ToolChoice(function="f")),
    ],
)
def test_tool_choice_by_mode_and_by_function(choice: Any, expected: pb.ToolChoice):
    assert proto(request(tool_choice=choice)).tool_choice == expected


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}},
        {"type": "function", "function": {"name": "f"}, **X},
        {"type": "function", "function": {"name": "f", **X}},
    ],
)
def test_any_other_tool_choice_travels_whole(choice: Json):
    found = proto(request(tool_choice=choice)).tool_choice
    assert found.WhichOneof("choice") == "other_json"
    assert json.loads(found.other_json) == choice


def test_a_response_format_with_a_schema():
    found = proto(GOOD_REQUESTS["format_json_schema"]).response_format
    assert (found.type, found.name, found.description, found.strict) == (
        "json_schema",
        "answer",
        "An answer",
        True,
    )
    assert found.schema_json == '{"type":"object","properties":{"a":{"type":"integer"}}}'


def test_unknown_fields_stay_where_they_stood():
    found = proto(GOOD_REQUESTS["unknown_fields_everywhere"])
    asked, answered, result = found.messages
    text, image, audio, file = asked.parts.parts
    function, other = answered.tool_calls
    places = {
        "message": asked.extra_json,
        "assistant": answered.extra_json,
        "tool message": result.extra_json,
        "text part": text.extra_json,
        "image part": image.extra_json,
        "image": image.image_url.extra_json,
        "audio part": audio.extra_json,
        "audio": audio.input_audio.extra_json,
        "file part": file.extra_json,
        "file": file.file.extra_json,
        "call": function.extra_json,
        "called function": function.function_extra_json,
        "tool": found.tools[0].extra_json,
        "function": found.tools[0].function_extra_json,
        "format": found.response_format.extra_json,
        "schema": found.response_format.schema_extra_json,
    }
    assert places == dict.fromkeys(places, X_JSON)
    assert json.loads(other.extra_json) == {"custom": {}, **X}
    assert json.loads(found.extra_json) == {**X, "stream_options": X}


def test_fields_of_another_role_are_unknown_fields():
    found = proto(request({"role": "user", "content": "", "tool_call_id": "c", "refusal": None})).messages[0]
    assert (found.tool_call_id, found.HasField("refusal")) == ("", False)
    assert json.loads(found.extra_json) == {"tool_call_id": "c", "refusal": None}


def test_unknown_fields_keep_their_numbers_exactly():
    body = b'{"model":"m","messages":[{"role":"user","content":""}],"x":[12345678901234567890123,1.0,1e-7]}'
    assert parse_chat_request(body).request.extra_json == '{"x":[12345678901234567890123,1.0,1e-07]}'


def test_stream_and_usage_are_read_for_the_http_side():
    found = parsed(request(stream=True, stream_options={"include_usage": True}))
    assert (found.stream, found.include_usage, found.request.stream) == (True, True, True)
    assert found.request.extra_json == ""


@pytest.mark.parametrize("options", [None, {}, {"include_usage": None}, {"include_usage": False}])
def test_usage_is_not_sent_unasked(options: Json | None):
    found = parsed(request(stream_options=options))
    assert (found.stream, found.include_usage) == (False, False)
