"""Chat completion requests that must be refused, as data: one table for the parser and for HTTP."""

import json
from dataclasses import dataclass
from typing import Any

from support.good_requests import Json, function_tool, request

MISSING = "missing_required_parameter"
TYPE = "invalid_type"
VALUE = "invalid_value"
NOT_JSON = "invalid_json"


@dataclass(frozen=True)
class BadRequest:
    """One request and how it is to be refused."""

    name: str
    body: bytes
    param: str | None  # None stands for JSON null: the whole body is at fault
    code: str
    says: str = ""  # part of the message
    status: int = 400
    content_type: str | None = "application/json"  # None sends no header
    http_only: bool = False  # the parser never sees it
    oversized: bool = False  # the sender pads the body with spaces beyond the limit of the server


def _bad(name: str, value: object, param: str | None, code: str, says: str = "") -> BadRequest:
    return BadRequest(name, json.dumps(value).encode(), param, code, says)


def _field(name: str, field: str, value: object, code: str, says: str = "") -> BadRequest:
    """A request that is good but for one top-level field."""
    return _bad(name, request(**{field: value}), field, code, says)


def _message(name: str, message: object, below: str, code: str, says: str = "") -> BadRequest:
    """A request whose second message is bad."""
    messages = [{"role": "user", "content": "Hi"}, message]
    return _bad(name, {"model": "janus", "messages": messages}, f"messages[1]{below}", code, says)


def _part(name: str, part: object, below: str, code: str, says: str = "") -> BadRequest:
    """A request whose message has a good first part and a bad second one."""
    good: Json = {"type": "text", "text": "Hi"}
    message = {"role": "user", "content": [good, part]}
    return _bad(name, request(message), f"messages[0].content[1]{below}", code, says)


def _image(name: str, url: object, says: str = "", code: str = VALUE) -> BadRequest:
    return _part(name, {"type": "image_url", "image_url": {"url": url}}, ".image_url.url", code, says)


def _raw(name: str, body: bytes, param: str | None = None, says: str = "") -> BadRequest:
    """A body that is no JSON."""
    return BadRequest(name, body, param, NOT_JSON, says)


def _inside(value: bytes, field: bytes = b"x") -> bytes:
    """A good request with one more field, written as it is."""
    return b'{"model": "janus", "messages": [{"role": "user", "content": "Hi"}], "%b": %b}' % (field, value)


def _call(**fields: Any) -> Json:
    return {"role": "assistant", "content": None, "tool_calls": [fields]}


NOT_JSON_AT_ALL = [
    _raw("empty body", b"", says="empty"),
    _raw("blank body", b" \r\n\t", says="line 2, column 2"),
    _raw("plain text", b"hello", says="line 1, column 1"),
    _raw("cut off", b'{"model": "janus", "messages": [', says="line 1"),
    _raw("cut off in a string", b'{"model": "jan', says="unterminated string at line 1, column 11"),
    _raw("two values", b"{} {}", says="extra data at line 1, column 4"),
    _raw("trailing comma in object", b'{"model": "janus",}', says="line 1, column 19"),
    _raw("trailing comma in array", b'{"messages": [1,]}', says="line 1, column 17"),
    _raw("single quotes", b"{'model': 'janus'}", says="line 1, column 2"),
    _raw("bare key", b'{model: "janus"}', says="line 1, column 2"),
    _raw("missing colon", b'{"model" "janus"}', says="line 1, column 10"),
    _raw("comment", b'{"model": "janus" /* why */}', says="line 1, column 19"),
    _raw("error on the third line", b'{\n"model": "janus",\n"n": x}', says="line 3, column 6"),
    _raw("raw line break in a string", b'{"model": "a\nb"}', says="control character"),
    _raw("unknown escape", b'{"model": "\\x41"}', says="escape"),
    _raw("short unicode escape", b'{"model": "\\u12"}', says="escape"),
    _raw("leading zero", _inside(b"01"), says="line 1"),
    _raw("leading plus", _inside(b"+1"), says="line 1"),
    _raw("no digits after the point", _inside(b"1."), says="line 1"),
    _raw("hexadecimal", _inside(b"0x10"), says="line 1"),
    _raw("Python's True", _inside(b"True"), says="line 1"),
    _raw("invalid UTF-8", _inside(b'"\xff"'), says="byte 0xff at offset 74"),
    _raw("overlong UTF-8", _inside(b'"\xc0\xaf"'), says="byte 0xc0"),
    _raw("surrogate in UTF-8", _inside(b'"\xed\xa0\x80"'), says="byte 0xed"),
    _raw("UTF-8 cut off", b'{"model": "\xe2\x82', says="byte 0xe2"),
    _raw("byte order mark", b"\xef\xbb\xbf" + _inside(b"1"), says="byte order mark"),
    _raw("UTF-16", '{"model": "janus"}'.encode("utf-16"), says="byte 0xff at offset 0"),
    _raw("NaN", _inside(b"NaN", b"temperature"), "temperature", "NaN"),
    _raw("Infinity", _inside(b'{"1": Infinity}', b"logit_bias"), 'logit_bias["1"]', "Infinity"),
    _raw("minus Infinity", _inside(b"[-Infinity]"), "x[0]", "-Infinity"),
    _raw("number too large", _inside(b"1e400", b"top_p"), "top_p", "too large"),
    _raw("number too small", _inside(b"[0, [-1e999]]"), "x[1][0]", "too large"),
    _raw("integer of 5000 digits", _inside(b"-" + b"9" * 5000, b"seed"), "seed", "5000 digits"),
    _raw("duplicate key", b'{"model": "a", "messages": [], "model": "b"}', "model", "twice"),
    _raw(
        "duplicate key below",
        b'{"model": "a", "messages": [{"role": "user", "content": "a", "role": "system"}]}',
        "messages[0].role",
        "twice",
    ),
    _raw("duplicate key by escape", _inside(rb'{"a b": 1, "\u0061 b": 1}'), 'x["a b"]', "twice"),
    _raw("half a surrogate pair", _inside(rb'{"a": ["\ud800"]}'), "x.a[0]", "surrogate"),
    _raw("surrogates in the wrong order", _inside(rb'"\udc00\ud800"', b"user"), "user", "surrogate"),
    _raw("half a surrogate pair in a key", _inside(rb'{"\udfff": 1}'), r'x["\udfff"]', "surrogate"),
    _raw("65 levels", _inside(b"[" * 64 + b"]" * 64), "x" + "[0]" * 15 + "...", "nested deeper than 64"),
    _raw(
        "100 levels of objects",
        _inside(b'{"a":' * 100 + b"1" + b"}" * 100),
        "x" + ".a" * 15 + "...",
        "nested",
    ),
    BadRequest(
        "120 000 unknown keys",
        b"{" + b",".join(b'"k%d":1' % number for number in range(120_000)) + b"}",
        None,
        "too_many_values",
        "JSON values",
    ),
    _raw("90 000 open brackets", b"[" * 90_000, says="nested deeper than 64"),
    _raw("90 000 levels", _inside(b"[" * 90_000 + b"]" * 90_000), says="nested deeper than 64"),
    _raw("90 000 levels of objects", _inside(b'{"a":' * 90_000 + b"1" + b"}" * 90_000), says="nested"),
]

WRONG_SHAPE = [
    _bad("array for a body", [], None, TYPE, "must be an object, not an array"),
    _bad("string for a body", "hello", None, TYPE, 'must be an object, not "hello"'),
    _bad("null for a body", None, None, TYPE, "must be an object, not null"),
    _bad("nothing at all", {}, "model", MISSING, "required"),
    _bad("no model", {"messages": [{"role": "user", "content": "Hi"}]}, "model", MISSING),
    _bad("no messages", {"model": "janus"}, "messages", MISSING),
    _field("model is null", "model", None, TYPE, "must be a string, not null"),
    _field("model is a number", "model", 4, TYPE, "must be a string, not 4"),
    _field("model is empty", "model", "", VALUE, "must not be empty"),
    _field("model is too long", "model", "m" * 257, VALUE, "at most 256 characters"),
    _field("competitor_id is empty", "competitor_id", "", VALUE, "must not be empty"),
    _field("competitor_id is an array", "competitor_id", ["a"], TYPE, "must be a string, not an array"),
]

WRONG_SCALARS = [
    _field("stream is a string", "stream", "true", TYPE, 'must be true or false, not "true"'),
    _field("stream is a number", "stream", 1, TYPE, "must be true or false, not 1"),
    _field("temperature is a string", "temperature", "1", TYPE, 'must be a number, not "1"'),
    _field("temperature is a boolean", "temperature", True, TYPE, "must be a number, not true"),
    _field("temperature is too high", "temperature", 2.1, VALUE, "must be at most 2, not 2.1"),
    _field("temperature is too low", "temperature", -0.1, VALUE, "must be at least 0, not -0.1"),
    _field("temperature is beyond a double", "temperature", 10**400, VALUE, "too large a number"),
    _field("top_p is too high", "top_p", 1.0001, VALUE, "must be at most 1"),
    _field("top_p is an object", "top_p", {}, TYPE, "must be a number, not an object"),
    _field("n is zero", "n", 0, VALUE, "must be at least 1, not 0"),
    _field("n is too high", "n", 129, VALUE, "must be at most 128, not 129"),
    _field("n is no whole number", "n", 1.5, TYPE, "must be an integer, not 1.5"),
    _field("n is a string", "n", "1", TYPE, 'must be an integer, not "1"'),
    _field("n is a boolean", "n", True, TYPE, "must be an integer, not true"),
    _field("max_tokens is zero", "max_tokens", 0, VALUE, "must be at least 1"),
    _field("max_tokens is too high", "max_tokens", 2**31, VALUE, "must be at most"),
    _field("max_completion_tokens is negative", "max_completion_tokens", -1, VALUE, "at least 1, not -1"),
    _field("presence_penalty is too high", "presence_penalty", 2.5, VALUE, "must be at most 2"),
    _field("frequency_penalty is too low", "frequency_penalty", -3, VALUE, "must be at least -2"),
    _field("logprobs is a number", "logprobs", 5, TYPE, "must be true or false"),
    _field("top_logprobs is too high", "top_logprobs", 21, VALUE, "must be at most 20"),
    _field("seed is too large", "seed", 2**63, VALUE, "must be at most 9223372036854775807"),
    _field("seed is huge and a float", "seed", 1e300, VALUE, "must be at most"),
    _field("seed is a string", "seed", "a", TYPE, "must be an integer"),
    _field("parallel_tool_calls is a string", "parallel_tool_calls", "no", TYPE, "must be true or false"),
    _field("reasoning_effort is empty", "reasoning_effort", "", VALUE, "must not be empty"),
    _field("reasoning_effort is a number", "reasoning_effort", 3, TYPE, "must be a string"),
    _field("user is an object", "user", {"id": 1}, TYPE, "must be a string, not an object"),
    _field("stop is a number", "stop", 0, TYPE, "must be a string or an array of strings, not 0"),
    _field("stop has no entries", "stop", [], VALUE, "must not be empty"),
    _field("stop has five entries", "stop", ["a"] * 5, VALUE, "at most 4 items"),
    _bad("stop holds a null", request(stop=["a", None]), "stop[1]", TYPE, "must be a string, not null"),
    _bad("logit_bias is too high", request(logit_bias={"11": 101}), 'logit_bias["11"]', VALUE, "at most 100"),
    _bad("logit_bias is a string", request(logit_bias={"11": "1"}), 'logit_bias["11"]', TYPE, "a number"),
    _field(
        "logit_bias has 1025 entries",
        "logit_bias",
        {str(token): 1 for token in range(1025)},
        VALUE,
        "at most 1024 items",
    ),
    _field("logit_bias is an array", "logit_bias", [1], TYPE, "must be an object, not an array"),
    _field("metadata is a string", "metadata", "a", TYPE, 'must be an object, not "a"'),
    _bad("metadata holds a number", request(metadata={"a": 1}), "metadata.a", TYPE, "must be a string"),
    _bad("metadata is too long", request(metadata={"a": "b" * 513}), "metadata.a", VALUE, "512 characters"),
    _bad(
        "metadata key is too long",
        request(metadata={"k" * 65: "a"}),
        f'metadata["{"k" * 40}..."]',
        VALUE,
        "at most 64 characters",
    ),
    _field("metadata has 17 pairs", "metadata", {str(i): "a" for i in range(17)}, VALUE, "at most 16 items"),
    _field("stream_options is a boolean", "stream_options", True, TYPE, "must be an object, not true"),
    _bad(
        "include_usage is a string",
        request(stream_options={"include_usage": "yes"}),
        "stream_options.include_usage",
        TYPE,
        "must be true or false",
    ),
]

_CALLED = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}

WRONG_MESSAGES = [
    _field("messages is null", "messages", None, TYPE, "must be an array, not null"),
    _field("messages is a string", "messages", "Hi", TYPE, 'must be an array, not "Hi"'),
    _field("messages is an object", "messages", {"role": "user"}, TYPE, "must be an array, not an object"),
    _field("no message", "messages", [], VALUE, "must not be empty"),
    _field("4097 messages", "messages", [{"role": "user", "content": ""}] * 4097, VALUE, "at most 4096"),
    _message(
        "129 tool calls",
        {"role": "assistant", "tool_calls": [_CALLED] * 129},
        ".tool_calls",
        VALUE,
        "at most 128 items",
    ),
    _message("function without name", {"role": "function", "content": "a"}, ".name", MISSING),
    _message("function without content", {"role": "function", "name": "f"}, ".content", MISSING),
    _message(
        "function with a number", {"role": "function", "name": "f", "content": 1}, ".content", TYPE, "string"
    ),
    _message("content of bare strings", {"role": "user", "content": ["a"]}, ".content[0]", TYPE, "an object"),
    _message(
        "2049 parts",
        {"role": "user", "content": [{"type": "text", "text": "a"}] * 2049},
        ".content",
        VALUE,
        "at most 2048 items",
    ),
    _message("message is a string", "Hi", "", TYPE, "must be an object"),
    _message("message is null", None, "", TYPE, "must be an object, not null"),
    _message("no role", {"content": "Hi"}, ".role", MISSING, "required"),
    _message("unknown role", {"role": "boss", "content": "Hi"}, ".role", VALUE, "'system', 'developer'"),
    _message("role in capitals", {"role": "User", "content": "Hi"}, ".role", VALUE, 'not "User"'),
    _message("role is a number", {"role": 1, "content": "Hi"}, ".role", TYPE, "must be a string, not 1"),
    _message("role is an array", {"role": ["user"], "content": "Hi"}, ".role", TYPE, "not an array"),
    _message("role is null", {"role": None, "content": "Hi"}, ".role", TYPE, "not null"),
    _message("user without content", {"role": "user"}, ".content", MISSING),
    _message("system without content", {"role": "system"}, ".content", MISSING),
    _message("user with null content", {"role": "user", "content": None}, ".content", TYPE, "not null"),
    _message("content is a number", {"role": "user", "content": 1}, ".content", TYPE, "string or an array"),
    _message("content is an object", {"role": "user", "content": {}}, ".content", TYPE, "not an object"),
    _message("content has no parts", {"role": "user", "content": []}, ".content", VALUE, "not be empty"),
    _message("name is empty", {"role": "user", "content": "", "name": ""}, ".name", VALUE, "not be empty"),
    _message("name is a number", {"role": "user", "content": "", "name": 1}, ".name", TYPE, "a string"),
    _message("assistant says nothing", {"role": "assistant"}, ".content", MISSING, "tool_calls"),
    _message("assistant with no calls", {"role": "assistant", "tool_calls": []}, ".content", MISSING),
    _message("refusal is a boolean", {"role": "assistant", "refusal": True}, ".refusal", TYPE, "a string"),
    _message(
        "reasoning is an object",
        {"role": "assistant", "content": "a", "reasoning_content": {}},
        ".reasoning_content",
        TYPE,
    ),
    _message("tool without id", {"role": "tool", "content": "a"}, ".tool_call_id", MISSING),
    _message("tool without content", {"role": "tool", "tool_call_id": "c"}, ".content", MISSING),
    _message(
        "tool call id is a number",
        {"role": "tool", "content": "a", "tool_call_id": 1},
        ".tool_call_id",
        TYPE,
        "must be a string, not 1",
    ),
    _message(
        "tool_calls is an object",
        {"role": "assistant", "content": "a", "tool_calls": {}},
        ".tool_calls",
        TYPE,
        "must be an array",
    ),
    _message(
        "tool call is a string",
        {"role": "assistant", "content": "a", "tool_calls": ["f"]},
        ".tool_calls[0]",
        TYPE,
        "must be an object",
    ),
    _message("tool call without type", _call(id="c"), ".tool_calls[0].type", MISSING),
    _message(
        "tool call without id",
        _call(type="function", function={"name": "f", "arguments": ""}),
        ".tool_calls[0].id",
        MISSING,
    ),
    _message(
        "tool call without function", _call(type="function", id="c"), ".tool_calls[0].function", MISSING
    ),
    _message(
        "tool call without arguments",
        _call(type="function", id="c", function={"name": "f"}),
        ".tool_calls[0].function.arguments",
        MISSING,
    ),
    _message(
        "tool call with an object for arguments",
        _call(type="function", id="c", function={"name": "f", "arguments": {"a": 1}}),
        ".tool_calls[0].function.arguments",
        TYPE,
        "must be a string, not an object",
    ),
]

WRONG_PARTS = [
    _part("part is a string", "Hi", "", TYPE, 'must be an object, not "Hi"'),
    _part("part is null", None, "", TYPE, "must be an object, not null"),
    _part("part without type", {"text": "Hi"}, ".type", MISSING),
    _part("part of type null", {"type": None}, ".type", TYPE, "must be a string, not null"),
    _part("text part without text", {"type": "text"}, ".text", MISSING),
    _part("text part with a number", {"type": "text", "text": 1}, ".text", TYPE, "must be a string, not 1"),
    _part("refusal part without refusal", {"type": "refusal"}, ".refusal", MISSING),
    _part("image part without image", {"type": "image_url"}, ".image_url", MISSING),
    _part("image part with a string", {"type": "image_url", "image_url": "http://a"}, ".image_url", TYPE),
    _part("image without url", {"type": "image_url", "image_url": {}}, ".image_url.url", MISSING),
    _part(
        "unknown detail",
        {"type": "image_url", "image_url": {"url": "http://a", "detail": "huge"}},
        ".image_url.detail",
        VALUE,
        "'high'",
    ),
    _image("image url is null", None, "must be a string, not null", TYPE),
    _image("image url is empty", "", "http"),
    _image("image by ftp", "ftp://example.org/a.png", "http"),
    _image("image from a file", "file:///etc/passwd", "http"),
    _image("image by script", "javascript:alert(1)", "http"),
    _image("image without host", "https://", "http"),
    _image("image url with a space", "https://example.org/a b.png", "http"),
    _image("data URL of text", "data:text/plain;base64,SGk=", "data:image/"),
    _image("data URL without type", "data:;base64,SGk=", "data:image/"),
    _image("data URL without base64", "data:image/svg+xml,<svg/>", "data:image/"),
    _image("data URL without data", "data:image/png;base64,", "base64"),
    _image("data URL of other characters", "data:image/png;base64,SG!=", "base64"),
    _image("data URL without padding", "data:image/png;base64,SGk", "base64"),
    _image("data URL of too much padding", "data:image/png;base64,SGk==", "base64"),
    _image("data URL of padding only", "data:image/png;base64,====", "base64"),
    _image("data URL with padding inside", "data:image/png;base64,SG==SGk=", "base64"),
    _image("data URL with a line break", "data:image/png;base64,SGk=\n", "base64"),
    _image("data URL in the URL-safe alphabet", "data:image/png;base64,a-_b", "base64"),
    _image("data URL with other letters", "data:image/png;base64,SGkü", "base64"),
    _part("audio part without audio", {"type": "input_audio"}, ".input_audio", MISSING),
    _part(
        "audio without format",
        {"type": "input_audio", "input_audio": {"data": "AAAA"}},
        ".input_audio.format",
        MISSING,
    ),
    _part(
        "audio in unknown format",
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "ogg"}},
        ".input_audio.format",
        VALUE,
        "'wav' or 'mp3'",
    ),
    _part(
        "audio that is no base64",
        {"type": "input_audio", "input_audio": {"data": "no base64", "format": "wav"}},
        ".input_audio.data",
        VALUE,
        "base64",
    ),
    _part("file part without file", {"type": "file"}, ".file", MISSING),
    _part("file id is a number", {"type": "file", "file": {"file_id": 1}}, ".file.file_id", TYPE),
    _part(
        "file that is no base64",
        {"type": "file", "file": {"file_data": "https://example.org/a.pdf"}},
        ".file.file_data",
        VALUE,
        "base64",
    ),
]

WRONG_TOOLS = [
    _field("tools is an object", "tools", {}, TYPE, "must be an array, not an object"),
    _bad("tool is a string", request(tools=["get_weather"]), "tools[0]", TYPE, "must be an object"),
    _bad("tool without type", request(tools=[{"function": {"name": "f"}}]), "tools[0].type", MISSING),
    _bad("tool of type null", request(tools=[{"type": None}]), "tools[0].type", TYPE, "not null"),
    _bad("tool without function", request(tools=[{"type": "function"}]), "tools[0].function", MISSING),
    _bad(
        "second tool without name",
        request(tools=[function_tool(), {"type": "function", "function": {}}]),
        "tools[1].function.name",
        MISSING,
    ),
    _field("513 tools", "tools", [function_tool()] * 513, VALUE, "at most 512 items"),
    _bad(
        "tool name with a space",
        request(tools=[function_tool("get weather")]),
        "tools[0].function.name",
        VALUE,
    ),
    _bad("tool name is empty", request(tools=[function_tool("")]), "tools[0].function.name", VALUE, "match"),
    _bad("tool name is too long", request(tools=[function_tool("f" * 65)]), "tools[0].function.name", VALUE),
    _bad(
        "tool name with a line break", request(tools=[function_tool("f\n")]), "tools[0].function.name", VALUE
    ),
    _bad(
        "parameters is an array",
        request(tools=[function_tool(parameters=[])]),
        "tools[0].function.parameters",
        TYPE,
        "must be an object, not an array",
    ),
    _bad(
        "strict is a string", request(tools=[function_tool(strict="yes")]), "tools[0].function.strict", TYPE
    ),
    _field("unknown tool_choice", "tool_choice", "always", VALUE, "'required'"),
    _field("tool_choice is a boolean", "tool_choice", True, TYPE, "auto"),
    _bad("tool_choice without type", request(tool_choice={}), "tool_choice.type", MISSING),
    _bad(
        "tool_choice of no function",
        request(tool_choice={"type": "function"}),
        "tool_choice.function",
        MISSING,
    ),
    _bad(
        "tool_choice of a function without name",
        request(tool_choice={"type": "function", "function": {}}),
        "tool_choice.function.name",
        MISSING,
    ),
    _field("response_format is a string", "response_format", "json_object", TYPE, "must be an object"),
    _bad("response_format without type", request(response_format={}), "response_format.type", MISSING),
    _bad("unknown response_format", request(response_format={"type": "xml"}), "response_format.type", VALUE),
    _bad(
        "response_format without schema",
        request(response_format={"type": "json_schema"}),
        "response_format.json_schema",
        MISSING,
    ),
    _bad(
        "schema without name",
        request(response_format={"type": "json_schema", "json_schema": {"schema": {}}}),
        "response_format.json_schema.name",
        MISSING,
    ),
    _bad(
        "schema is a string",
        request(response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": "{}"}}),
        "response_format.json_schema.schema",
        TYPE,
        "must be an object",
    ),
]

_GOOD_BODY = json.dumps(request()).encode()
_UNSUPPORTED = "unsupported_media_type"


def _media(name: str, content_type: str | None) -> BadRequest:
    return BadRequest(
        name, _GOOD_BODY, None, _UNSUPPORTED, status=415, content_type=content_type, http_only=True
    )


REFUSED_BY_HTTP = [
    _media("plain text by its type", "text/plain"),
    _media("a form by its type", "application/x-www-form-urlencoded"),
    _media("multipart by its type", "multipart/form-data; boundary=x"),
    _media("JSON lines by its type", "application/jsonl"),
    _media("no type", None),
    BadRequest(
        "too large", _GOOD_BODY, None, "request_too_large", status=413, http_only=True, oversized=True
    ),
]

BAD_REQUESTS: list[BadRequest] = [
    *NOT_JSON_AT_ALL,
    *WRONG_SHAPE,
    *WRONG_SCALARS,
    *WRONG_MESSAGES,
    *WRONG_PARTS,
    *WRONG_TOOLS,
    *REFUSED_BY_HTTP,
]
