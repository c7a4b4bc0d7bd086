"""One answer of the mock competitor, written token by token to its script's timetable."""

import asyncio
import time
from collections.abc import Callable

from . import wire
from .script import Script


class Answer:
    """Writes one scripted answer to `transport`, then calls `done`.

    The timetable is absolute, so a late token does not delay the next one. A script without gaps
    sends one token per turn of the event loop, and rests while `pause` holds it back.
    """

    def __init__(
        self,
        script: Script,
        transport: asyncio.Transport,
        done: Callable[[], None],
        *,
        stream: bool,
        usage: bool,
    ) -> None:
        self.script = script
        self.sent = 0
        self._transport = transport
        self._done = done
        self._stream = stream
        self._usage = usage
        self._loop = asyncio.get_running_loop()
        self._paused = False
        self._parked = False
        self._first_due = 0.0
        self._timer: asyncio.Handle | None = None

    def start(self) -> None:
        script = self.script
        if not self._stream:
            takes = script.head + script.first + script.gap * (script.tokens - 1)
            self._at(time.monotonic() + takes, self._whole)
        elif script.head:
            self._at(time.monotonic() + script.head, self._open)
        else:
            self._open()

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        if self._parked:
            self._parked = False
            self._token()

    def stop(self) -> None:
        """Writes nothing more."""
        self._parked = False
        if self._timer is not None:
            self._timer.cancel()

    def _open(self) -> None:
        self._transport.write(wire.STREAM_HEAD + wire.opening())
        self._first_due = time.monotonic() + self.script.first
        if self.script.first:
            self._silence_until(self._first_due)
        else:
            self._token()

    def _token(self) -> None:
        self._transport.write(wire.token(self.sent))
        self.sent += 1
        if self.sent == self.script.tokens:
            self._transport.write(wire.ending(self.sent, usage=self._usage))
            self._done()
        elif self.script.gap:
            self._silence_until(self._first_due + self.sent * self.script.gap)
        elif self._paused:
            self._parked = True
        else:
            self._timer = self._loop.call_soon(self._token)

    def _silence_until(self, due: float) -> None:
        """Writes the next token at `due`, and keep-alives until then."""
        ping = self.script.ping
        if ping and due - time.monotonic() > ping:
            self._at(time.monotonic() + ping, self._ping, due)
        else:
            self._at(due, self._token)

    def _ping(self, due: float) -> None:
        self._transport.write(wire.PING)
        self._silence_until(due)

    def _whole(self) -> None:
        self.sent = self.script.tokens
        self._transport.write(wire.response(b"200 OK", wire.whole(self.sent)))
        self._done()

    def _at(self, due: float, then: Callable[..., None], *args: float) -> None:
        self._timer = self._loop.call_later(max(0.0, due - time.monotonic()), then, *args)
