"""Bounds how many fields a protobuf message from the wire may hold, before it is decoded.

Decoding builds an object for each field while it holds the interpreter's lock, and gRPC does so on the event
loop. 64 MiB of empty messages become gigabytes. A map that arrives in another map's hash order is worse:
its table grows while every entry collides, which takes quadratic time (1.5 million entries: minutes).

`FieldBounds` is a gRPC server interceptor, so that it holds for every method of every server of the mesh.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Final

import grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from .errors import InvalidRequest, trailer

# The edge accepts 100,000 JSON values. Each makes one field at most; the few entries of maps make three.
# Counting up to this limit took 130 ms on two busy cores.
MAX_FIELDS: Final = 110_000
# Shorter messages are decoded unchecked: at worst 32,000 fields, which takes some milliseconds.
_UNCHECKED_BYTES: Final = 64 * 1024

# A message within encoded data: its kind, where it begins and ends.
_Span = tuple[Descriptor, int, int]

_VARINT, _FIXED64, _LENGTH, _GROUP_START, _GROUP_END, _FIXED32 = range(6)
_SIZES = {_FIXED64: 8, _GROUP_START: 0, _GROUP_END: 0, _FIXED32: 4}


def require_few_fields(kind: Descriptor, data: bytes, *, limit: int = MAX_FIELDS) -> None:
    """Raises `InvalidRequest` when the encoded message holds more than `limit` fields at all depths.

    Bytes that are not a message of that kind are left for the decoder to refuse. What stands before them
    counts, because the decoder builds that first.
    """
    left = limit
    pending = [(kind, 0, len(data))]
    while pending:
        for inner in _fields(data, *pending.pop()):
            left -= 1
            if left < 0:
                raise InvalidRequest(f"the message holds more than {limit} fields", code="too_many_values")
            if inner is not None:
                pending.append(inner)


def _fields(data: bytes, kind: Descriptor, position: int, end: int) -> Iterator[_Span | None]:
    """One item for each field of the message at `position`: where it is, if it is a message itself."""
    messages = _message_fields(kind)
    with suppress(IndexError):  # malformed from here on
        while position < end:
            tag, position = _varint(data, position)
            wire_type = tag & 7
            if wire_type != _LENGTH:
                position = _after_scalar(data, position, wire_type)
                yield None
                continue
            length, position = _varint(data, position)
            inner = messages.get(tag >> 3)
            yield None if inner is None else (inner, position, min(end, position + length))
            position += length


def _after_scalar(data: bytes, position: int, wire_type: int) -> int:
    """The position behind a field's value; the marks of a group have none."""
    if wire_type == _VARINT:
        return _varint(data, position)[1]
    size = _SIZES.get(wire_type)
    if size is None:
        raise IndexError
    return position + size


@cache
def _message_fields(kind: Descriptor) -> dict[int, Descriptor]:
    """The fields of a message that are messages themselves, map entries included, by number."""
    return {
        field.number: field.message_type
        for field in kind.fields
        if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type is not None
    }


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A varint and the position behind it. Raises `IndexError` when the data ends within it."""
    byte = data[position]
    position += 1
    if byte < 0x80:
        return byte, position
    value, shift = byte & 0x7F, 7
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise IndexError


class FieldBounds(grpc.aio.ServerInterceptor):
    """Checks the requests of every method of a server.

    A unary call ends with the typed error. Reading from a stream raises `InvalidRequest`, so that its
    handler ends the stream as it sees fit.
    """

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler: Any = await continuation(handler_call_details)
        return None if handler is None else _bounded(handler)  # None: there is no such method


def _bounded(handler: Any) -> Any:
    decode = handler.request_deserializer
    # Generated code passes the class method `FromString` of the message.
    kind: Descriptor = decode.__self__.DESCRIPTOR

    def checked(data: bytes) -> Any:
        if len(data) > _UNCHECKED_BYTES:
            require_few_fields(kind, data)
        return decode(data)

    if handler.request_streaming:
        return handler._replace(request_deserializer=checked)

    def checked_or_error(data: bytes) -> Any:
        # gRPC tells nothing of what a decoder raises; the handler below turns it into a status.
        try:
            return checked(data)
        except InvalidRequest as error:
            return error

    bounded = handler._replace(request_deserializer=checked_or_error)
    if handler.unary_unary:
        return bounded._replace(unary_unary=_unary(handler.unary_unary))
    if inspect.isasyncgenfunction(handler.unary_stream):
        return bounded._replace(unary_stream=_generator(handler.unary_stream))
    return bounded._replace(unary_stream=_unary(handler.unary_stream))


def _unary(handler: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
    async def answer(request: Any, context: Any) -> Any:
        if isinstance(request, InvalidRequest):
            await _refuse(context, request)
        return await handler(request, context)

    return answer


def _generator(handler: Callable[[Any, Any], AsyncIterator[Any]]) -> Callable[[Any, Any], AsyncIterator[Any]]:
    async def answer(request: Any, context: Any) -> AsyncIterator[Any]:
        if isinstance(request, InvalidRequest):
            await _refuse(context, request)
        async for response in handler(request, context):
            yield response

    return answer


async def _refuse(context: Any, error: InvalidRequest) -> None:
    await context.abort(error.status.grpc, error.message, trailer(error))
