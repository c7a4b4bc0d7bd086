"""ASGI middleware that bounds the number of JSON values in a body, for services whose framework parses it."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from janus_mesh.errors import InvalidRequest
from janus_mesh.json_bounds import CODE, MAX_VALUES, ValueCounter

from .errors import error_response

# Larger parts of a body would be counted in one go.
_PIECE_BYTES: Final = 64 * 1024
_NOT_JSON: Final = ("multipart/", "image/", "audio/", "video/", "application/octet-stream")


class JsonBounds:
    """Answers 400 `too_many_values` while the body arrives, before the application parses it."""

    def __init__(self, app: ASGIApp, max_values: int = MAX_VALUES) -> None:
        self._app = app
        self._max_values = max_values

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or Headers(scope=scope).get("content-type", "").startswith(_NOT_JSON):
            await self._app(scope, receive, send)
            return
        counted = _Counted(receive, self._max_values)

        async def answer(message: Message) -> None:
            if counted.refusal is None:  # else the application answers what its parser was told
                await send(message)

        try:
            await self._app(scope, counted.receive, answer)
        except InvalidRequest as error:
            if error is not counted.refusal:
                raise
        if counted.refusal is not None:
            await error_response(counted.refusal)(scope, receive, send)


class _Counted:
    """One body whose values are counted."""

    def __init__(self, receive: Receive, max_values: int) -> None:
        self.refusal: InvalidRequest | None = None
        self._receive = receive
        self._max_values = max_values
        self._counter = ValueCounter()

    async def receive(self) -> Message:
        message = await self._receive()
        body: bytes = message.get("body", b"")
        for start in range(0, len(body), _PIECE_BYTES):
            self._counter.feed(body[start : start + _PIECE_BYTES])
            if self._counter.values > self._max_values:
                self.refusal = InvalidRequest(
                    f"the body holds more than {self._max_values} JSON values", code=CODE
                )
                raise self.refusal
        return message
