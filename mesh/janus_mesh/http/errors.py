"""Errors as HTTP responses in OpenAI's shape, whoever raised them."""

import math
from collections.abc import Mapping
from typing import Final

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from janus_mesh.errors import (
    Cancelled,
    Internal,
    InvalidRequest,
    JanusError,
    NotFound,
    PayloadTooLarge,
    RequestTimeout,
    Unauthenticated,
    Unavailable,
)

_PLACES: Final = ("body", "query", "path")


class MethodNotAllowed(InvalidRequest):
    """The path is right and the method is not."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="method_not_allowed")

    @property
    def http_status(self) -> int:
        return 405


_REFUSALS: Final[Mapping[int, type[JanusError]]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: PayloadTooLarge,
}


def error_response(error: JanusError, more_headers: Mapping[str, str] | None = None) -> Response:
    """The error as a whole response, with what its status wants in the head."""
    error = _as_told(error)
    headers = dict(more_headers or {})
    if error.retry_after > 0:
        headers["retry-after"] = str(math.ceil(error.retry_after))
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, RequestTimeout):
        headers["connection"] = "close"  # the rest of the body may still come, and is not wanted
    return Response(
        orjson.dumps(error.openai_body()),
        status_code=error.http_status,
        headers=headers,
        media_type="application/json",
    )


def error_event(error: JanusError) -> bytes:
    """The error as the last event of a stream that had begun."""
    return b"data: " + orjson.dumps(_as_told(error).openai_body()) + b"\n\n"


def invalid_field(error: RequestValidationError) -> InvalidRequest:
    """The first field at fault, spelt as the caller spelt it."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":  # its place is the number of a character
        return InvalidRequest(f"the body is no JSON object: {first['msg']}")
    place = [str(part) for part in first["loc"]]
    field = ".".join(place[1:] if place[0] in _PLACES else place)
    said = f"{field}: {first['msg']}" if field else f"the body is no JSON object: {first['msg']}"
    return InvalidRequest(said, param=field)


def answer_errors(app: FastAPI, name: str) -> None:
    """Makes the application answer every error in OpenAI's shape; `name` is what it calls itself."""

    @app.exception_handler(JanusError)
    async def known(_: Request, error: JanusError) -> Response:
        return error_response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return error_response(invalid_field(error))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        """What the framework itself refuses: unknown paths and methods, bodies that are too large."""
        said = f"{request.method} {request.url.path}: {error.detail}"
        response = error_response(_REFUSALS.get(error.status_code, InvalidRequest)(said), error.headers)
        response.status_code = error.status_code
        return response

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it

    @app.exception_handler(Exception)
    async def fault(_: Request, __: Exception) -> Response:
        """A bug; the server logs its traceback."""
        return error_response(Internal(f"internal error of {name}; its log says more"))


def _as_told(error: JanusError) -> JanusError:
    """A client that is told of a cancellation has not left, so it was somebody upstream who cancelled."""
    if isinstance(error, Cancelled):
        return Unavailable(f"the answer was cancelled upstream: {error.message}", retry_after=1.0)
    return error
