"""Every error that leaves the edge over HTTP: in OpenAI's shape, and noted in the request's record."""

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from janus_mesh import logs
from janus_mesh.errors import Internal, JanusError, NotFound
from janus_mesh.http import MethodNotAllowed, error_response, invalid_field

from .record import RequestRecord

log = logs.get("edge.errors")

_KNOWN_PATHS: Final = (["chat", "completions"], ["models"])  # below /v1
_MAX_SHOWN_PATH: Final = 200


def internal(record: RequestRecord) -> JanusError:
    """All that a client is told of a bug."""
    return Internal(f"internal error; the log of request {record.request_id} says more")


def install(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Makes the app answer every error in OpenAI's shape; `routers` are those it includes."""
    methods = _methods_by_path(routers)

    async def method_not_allowed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        # The framework only names the methods of one route, even if several share the path.
        known = methods.get(getattr(request.scope.get("route"), "path", ""), set())
        if "GET" in known:
            known = known | {"HEAD"}
        allowed = ", ".join(sorted(known)) if known else Headers(error.headers).get("allow", "")
        message = f"{_target(request)} is not supported; allowed: {allowed}"
        return error_response(MethodNotAllowed(message), {"allow": allowed})

    app.add_exception_handler(JanusError, _janus_error)
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, method_not_allowed)
    app.add_exception_handler(RequestValidationError, _validation_error)


class AnswerErrors:
    """ASGI middleware: an error becomes a response in OpenAI's shape, or breaks off one that had begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = RequestRecord.of(scope)
        try:
            await self._app(scope, receive, send)
        except JanusError as error:
            if record.response_begun:
                raise
            _release_frames(error)
            await _noted(error, record)(scope, receive, send)
        except Exception:
            if record.response_begun:
                raise
            log.exception("unexpected error")
            await error_response(internal(record))(scope, receive, send)


def _release_frames(error: BaseException) -> None:
    """Drops the frames that an expected error refers to: they hold the request's body, many megabytes.

    A future that carried the error refers to it from one of these frames, and such a cycle would keep the
    body until the next full garbage collection, which is rare.
    """
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = None
        cause = cause.__context__


def _noted(error: JanusError, record: RequestRecord) -> Response:
    record.competitor_id = record.competitor_id or error.competitor_id
    record.error = error.code
    return error_response(error)


async def _janus_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, JanusError)
    return _noted(error, RequestRecord.of(request.scope))


async def _not_found(request: Request, _: Exception) -> Response:
    return error_response(NotFound(f"there is no {_target(request)}{_hint(request.url.path)}"))


async def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return error_response(invalid_field(error))


def _target(request: Request) -> str:
    return f"{request.method} {request.url.path[:_MAX_SHOWN_PATH]}"


def _hint(path: str) -> str:
    """What the client may have meant: most configure a base URL, with `/v1` or without it."""
    words = [word for word in path.split("/") if word]
    if words == ["v1"]:
        return "; the API's paths are /v1/chat/completions and /v1/models"
    for known in _KNOWN_PATHS:
        if words[-len(known) :] == known:
            return f"; did you mean /v1/{'/'.join(known)}?"
    return ""


def _methods_by_path(routers: Iterable[APIRouter]) -> dict[str, set[str]]:
    methods: dict[str, set[str]] = {}
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                methods.setdefault(route.path, set()).update(route.methods or ())
    return methods
