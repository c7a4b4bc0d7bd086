r"""The response that a stream is: a head, bytes as they come, and a ping in every silence.

with EventStream(send, ping_seconds=1.5) as stream:
    stream.write(chunk)          # from a task or a callback
    await stream.flushed()           # while the client reads slower than is written
    await stream.end(b"data: [DONE]\n\n")
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from starlette.types import Message, Send

from .chunks import PING
from .eager import begun

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class EventStream:
    """The head goes out with the first bytes, or with the first ping when none came before.

    `before_ping` gives what is to go out with that first ping.
    """

    __slots__ = (
        "_before_ping",
        "_clock",
        "_held",
        "_ping_seconds",
        "_send",
        "_timer",
        "_unsent",
        "_written_at",
        "begun",
    )

    def __init__(self, send: Send, *, ping_seconds: float, before_ping: Callable[[], bytes]) -> None:
        self.begun = False
        self._send = send
        self._ping_seconds = ping_seconds
        self._before_ping = before_ping
        self._clock = asyncio.get_running_loop().time
        self._written_at = self._clock()
        self._unsent: Awaitable[None] | None = None
        self._held = b""  # what was written while a ping was still on its way
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._arm()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_pings()
        if isinstance(self._unsent, asyncio.Future):
            self._unsent.cancel()

    def write(self, body: bytes) -> bool:
        """Writes now. False when the client is slow: then `flushed` must be awaited before the next."""
        # It may be behind over a ping too, which is sent at any time.
        if self._unsent is not None and self._client_is_behind():
            self._held += body
            return False
        self._written_at = self._clock()
        self._unsent = begun(self._send(_body(body)) if self.begun else self._send_first(body))
        return self._unsent is None

    async def flushed(self) -> None:
        """Returns when the next bytes may be written."""
        while self._unsent is not None:
            await self._unsent
            self._unsent = None
            if self._held:
                body, self._held = self._held, b""
                self.write(body)

    async def end(self, body: bytes) -> None:
        """Writes the last bytes and ends the response."""
        self._stop_pings()
        await self.flushed()
        if not self.begun:
            await self._send_head()
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _send_first(self, body: bytes) -> None:
        await self._send_head()
        await self._send(_body(body))

    def _send_head(self) -> Awaitable[None]:
        self.begun = True
        return self._send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS]})

    def _client_is_behind(self) -> bool:
        """Whether it has not taken yet what was said before."""
        if isinstance(self._unsent, asyncio.Future) and self._unsent.done() and not self._held:
            self._unsent = None
        return self._unsent is not None

    def _stop_pings(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        due = self._written_at + self._ping_seconds
        self._timer = asyncio.get_running_loop().call_at(due, self._ping)

    def _ping(self) -> None:
        if self._clock() < self._written_at + self._ping_seconds:
            self._arm()
            return
        if not self._client_is_behind():
            self.write(PING if self.begun else PING + self._before_ping())
            if self._unsent is not None:  # nobody else may come to wait for it
                self._unsent = asyncio.ensure_future(self._unsent)
        else:
            self._written_at = self._clock()
        self._arm()


def _body(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}
