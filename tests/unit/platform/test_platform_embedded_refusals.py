"""Requests that the embedded model refuses, and how it says so."""

from typing import Any

import pytest
from support.inference_platform import CHAT, RealModel

JSON = {"content-type": "application/json"}

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("embedded-model")]

USER = {"role": "user", "content": "hi"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
AUDIO = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
FILE = {"type": "file", "file": {"file_id": "file-1"}}


@pytest.mark.parametrize("part", [IMAGE, AUDIO, FILE], ids=lambda part: part["type"])
async def test_only_text_is_read(model: RealModel, part: dict[str, Any]) -> None:
    content = [{"type": "text", "text": "What is this?"}, part]
    status, error = await model.refusal(messages=[USER, {"role": "user", "content": content}])
    assert (status, error["type"], error["param"]) == (400, "invalid_request_error", "messages[1].content[1]")
    assert "text only" in error["message"]


async def test_more_than_the_context_is_refused(model: RealModel) -> None:
    status, error = await model.refusal(text="word " * 1100)
    assert (status, error["code"], error["param"]) == (400, "context_length_exceeded", "messages")
    assert "1024" in error["message"]


async def test_a_refusal_of_a_stream_has_its_status_too(model: RealModel) -> None:
    status, error = await model.refusal(text="word " * 1100, stream=True)
    assert (status, error["code"]) == (400, "context_length_exceeded")


async def test_a_schema_that_cannot_be_followed_is_refused(model: RealModel) -> None:
    schema = {"name": "x", "schema": {"type": "nonsense"}}
    status, error = await model.refusal(response_format={"type": "json_schema", "json_schema": schema})
    assert (status, error["param"]) == (400, "response_format")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"stream": "yes"}, "stream"),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [7]}, "messages[0]"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0]"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": 2.1}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": True}, "max_completion_tokens"),
        ({"n": 0}, "n"),
        ({"n": 129}, "n"),
        ({"seed": 1.5}, "seed"),
        ({"stop": [1]}, "stop[0]"),
        ({"logit_bias": {"1": "x"}}, "logit_bias.1"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
    ],
    ids=str,
)
async def test_a_bad_field_is_named(model: RealModel, fields: dict[str, Any], param: str) -> None:
    status, error = await model.refusal(**fields)
    assert (status, error["type"], error["param"]) == (400, "invalid_request_error", param)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"model": "x", "messages": [}'])
async def test_what_is_no_json_object_is_refused(model: RealModel, body: bytes) -> None:
    answer = await model.client.post(CHAT, content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_not_a_number_is_refused(model: RealModel) -> None:
    body = b'{"model": "x", "messages": [{"role": "user", "content": "hi"}], "temperature": NaN}'
    answer = await model.client.post(CHAT, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "temperature")


async def test_there_are_no_embeddings(model: RealModel) -> None:
    answer = await model.client.post("/v1/embeddings", json={"model": "x", "input": "hi"})
    assert answer.status_code == 404
    assert "embeddings" in answer.json()["error"]["message"]


async def test_the_list_of_models_says_what_it_is(model: RealModel) -> None:
    (entry,) = (await model.client.get("/v1/models")).json()["data"]
    assert entry["id"] == "smollm2-135m-instruct"
    assert "small demonstration model" in entry["description"]
