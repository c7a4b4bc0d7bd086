"""Requests from native callers: bounded before they are decoded, and before an answer starts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from support.answers import ask, say

import janus_mesh as mesh
from janus_mesh.errors import InvalidRequest, from_grpc
from janus_mesh.request_bounds import check_request_bounds
from janus_mesh.wire_bounds import require_few_fields
from janus_proto._gen.janus.chat.v1 import chat_pb2, chat_pb2_grpc, event_pb2
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb
from janus_proto._gen.janus.link.v1 import link_pb2

SOON = 20
CHAT = "/janus.chat.v1.ChatService/Chat"
LINK = "/janus.link.v1.LinkService/Link"


def _many_entries(number: int) -> bytes:
    """A first frame of a chat, with this many biases."""
    request = pb.ChatRequest(model="m", logit_bias={f"token {index}": 1 for index in range(number)})
    request.messages.add(role=pb.ROLE_USER, text="hi")
    return chat_pb2.ChatServiceChatRequest(request=request).SerializeToString()


def _count(kind: type, data: bytes) -> int:
    """The smallest limit that the message passes."""
    low, high = 0, len(data) + 1
    while low < high:
        middle = (low + high) // 2
        try:
            require_few_fields(kind.DESCRIPTOR, data, limit=middle)
            high = middle
        except InvalidRequest:
            low = middle + 1
    return low


def test_fields_are_counted_at_every_depth() -> None:
    request = pb.ChatRequest(model="m", temperature=1.0, n=3, logit_bias={"1": 1.0, "2": 2.0})
    request.messages.add(role=pb.ROLE_USER, text="x" * 300)
    opening = link_pb2.LinkRequest(ping=300)
    opening.frames.add(exchange=1).open.request.CopyFrom(request)
    # Frame, exchange, open, request; model, temperature, n; two entries, each with key and value; a message
    # with role and text; ping.
    assert _count(link_pb2.LinkRequest, opening.SerializeToString()) == 4 + 3 + 2 * 3 + 3 + 1


@pytest.mark.parametrize("data", [b"\xff" * 100, b"\x0a\xff\x7f\x0a", b"\x0a", b"\x07\x07", b"\x08\xff"])
def test_bytes_that_are_not_a_message_are_left_to_the_decoder(data: bytes) -> None:
    require_few_fields(pb.ChatRequest.DESCRIPTOR, data)


@pytest.mark.parametrize("tail", [b"", b"\xff", b"\x0f", b"\x0a\xff\xff\x03"])
def test_what_stands_before_malformed_bytes_counts(tail: bytes) -> None:
    """The decoder builds it before it finds out."""
    inner = b"\x12\x00" * 50 + tail
    data = b"\x12" + bytes([len(inner)]) + inner + tail
    with pytest.raises(InvalidRequest):
        require_few_fields(link_pb2.LinkRequest.DESCRIPTOR, data, limit=50)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[grpc.aio.Channel, list[str]]]:
    """A channel to a server of chats, and the models that its answer was asked for."""
    asked: list[str] = []

    async def answer(exchange: mesh.Exchange) -> None:
        asked.append(exchange.request.model)
        await say(exchange, "a")

    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server, grpc.aio.insecure_channel(server.address) as channel:
        yield channel, asked


async def test_a_chat_of_too_many_fields_is_refused_before_it_is_decoded() -> None:
    async with asyncio.timeout(SOON), serving() as (channel, asked):
        call: Any = channel.stream_stream(CHAT)()
        await call.write(_many_entries(100_000))
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "more than 110000 fields" in await call.details()
    assert asked == []


async def test_a_link_message_of_too_many_fields_ends_the_link() -> None:
    async with asyncio.timeout(SOON), serving() as (channel, asked):
        call: Any = channel.stream_stream(LINK)()
        await call.write(b"\x12\x00" * 110_001)  # empty frames
        await call.read()  # the server's hello
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "more than 110000 fields" in await call.details()
    assert asked == []


@pytest.mark.parametrize("method", ["Check", "Watch"])
async def test_other_calls_of_too_many_fields_end_with_the_typed_error(method: str) -> None:
    async with asyncio.timeout(SOON), serving() as (channel, _):
        open_call = channel.unary_unary if method == "Check" else channel.unary_stream
        call: Any = open_call(f"/grpc.health.v1.Health/{method}")(b"\x50\x01" * 110_001)
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
        error = from_grpc(
            grpc.aio.AioRpcError(
                await call.code(), grpc.aio.Metadata(), await call.trailing_metadata(), await call.details()
            )
        )
    assert (type(error), error.code) == (InvalidRequest, "too_many_values")


async def test_a_server_still_answers_large_requests_of_few_fields() -> None:
    request = ask("m", "x" * 10_000_000)
    async with asyncio.timeout(SOON), serving() as (channel, asked):
        call = chat_pb2_grpc.ChatServiceStub(channel).Chat()  # type: ignore[call-arg]
        await call.write(chat_pb2.ChatServiceChatRequest(request=request))
        assert (await call.read()).event.HasField("start")
    assert asked == ["m"]


def _request(**fields: Any) -> pb.ChatRequest:
    return pb.ChatRequest(model="m", **fields)


def _message(**fields: Any) -> pb.ChatRequest:
    return _request(messages=[pb.Message(role=pb.ROLE_USER), pb.Message(role=pb.ROLE_USER, **fields)])


_SCHEMA = json.dumps([1] * 60_000)

BEYOND = {
    "messages": _request(messages=[pb.Message(text="a")] * 4097),
    "messages[1].content": _message(parts=pb.ContentParts(parts=[pb.ContentPart(text="a")] * 2049)),
    "messages[1].tool_calls": _message(tool_calls=[pb.ToolCall(id="c")] * 129),
    "tools": _request(tools=[pb.Tool(type="function", name="f")] * 513),
    "logit_bias": _request(logit_bias={str(token): 1 for token in range(1025)}),
    "stop": _request(stop=["a"] * 5),
    "metadata": _request(metadata={str(key): "" for key in range(17)}),
}


@pytest.mark.parametrize("field", BEYOND)
def test_a_list_or_map_that_is_too_long_is_refused_by_name(field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_request_bounds(BEYOND[field])
    assert caught.value.param == field


@pytest.mark.parametrize("metadata", [{"k" * 65: "v"}, {"k": "v" * 513}])
def test_metadata_that_is_too_long_is_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match="64 characters"):
        check_request_bounds(_request(metadata=metadata))


@pytest.mark.parametrize(
    "request_",
    [
        _request(extra_json=_SCHEMA, tools=[pb.Tool(parameters_json=_SCHEMA)]),
        _request(response_format=pb.ResponseFormat(schema_json=_SCHEMA, extra_json=_SCHEMA)),
        _request(tool_choice=pb.ToolChoice(other_json=_SCHEMA), extra_json=_SCHEMA),
        _message(extra_json=_SCHEMA, tool_calls=[pb.ToolCall(function_extra_json=_SCHEMA)]),
        _message(
            parts=pb.ContentParts(
                parts=[pb.ContentPart(image_url=pb.ImageUrl(extra_json=_SCHEMA), extra_json=_SCHEMA)]
            )
        ),
    ],
)
def test_the_values_of_all_json_texts_together_are_bounded(request_: pb.ChatRequest) -> None:
    with pytest.raises(InvalidRequest, match="more than 100000 JSON values"):
        check_request_bounds(request_)


def test_separators_in_strings_are_not_values() -> None:
    check_request_bounds(_request(extra_json=json.dumps({"x": "[,{" * 100_000})))


async def test_a_request_beyond_the_bounds_is_refused_before_the_answer_starts() -> None:
    async with asyncio.timeout(SOON), serving() as (channel, asked):
        call = chat_pb2_grpc.ChatServiceStub(channel).Chat()  # type: ignore[call-arg]
        await call.write(chat_pb2.ChatServiceChatRequest(request=BEYOND["logit_bias"]))
        event = (await call.read()).event
    assert (event.error.kind, event.error.param) == (event_pb2.ERROR_KIND_INVALID_REQUEST, "logit_bias")
    assert asked == []
