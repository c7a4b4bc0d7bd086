"""Ending a connection so that its client can read the last response, in bounded time."""

import asyncio
import fcntl
import struct
import termios

from .limits import HttpLimits


class Closing:
    """Closes one transport, and aborts it when the client neither reads nor leaves."""

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, limits: HttpLimits
    ) -> None:
        self.begun = False
        self.dropped = 0  # bytes
        self._transport = transport
        self._loop = loop
        self._limits = limits
        self._linger_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._unsent = 0

    def close(self) -> None:
        """Closes once everything is sent."""
        self.begun = True
        self._transport.close()
        self.watch_progress()

    def linger(self) -> None:
        """Closes although the client is still sending.

        To close a socket with unread bytes resets the connection, and the client may lose the response. So
        only the sending side ends; what comes is dropped until the client leaves or the bounds are reached.
        """
        if self.begun:
            return
        self.begun = True
        if self._transport.is_closing():
            return
        self._transport.write_eof()
        self._wait_for_client()
        self.watch_progress()

    def drop(self, size: int) -> None:
        """Counts received bytes that nobody reads; a client that goes on sending them is cut off."""
        self.dropped += size
        if self.dropped > self._limits.linger_bytes:
            self._transport.abort()

    def watch_progress(self) -> None:
        """Aborts the connection once its client has taken nothing for `stall_seconds`."""
        if self._stall_timer is None:
            self._unsent = self._not_taken()
            if self._transport.get_write_buffer_size():
                self._stall_timer = self._loop.call_later(self._limits.stall_seconds, self._check_progress)

    def progressed(self) -> None:
        """The client has taken what was buffered, and more may be written."""
        self._unsent = 0

    def closed(self) -> None:
        """The connection is gone."""
        self.begun = True
        for timer in (self._linger_timer, self._stall_timer):
            if timer is not None:
                timer.cancel()

    def _wait_for_client(self) -> None:
        self._linger_timer = self._loop.call_later(self._limits.linger_seconds, self._stop_waiting)

    def _stop_waiting(self) -> None:
        if self._transport.get_write_buffer_size():
            self._wait_for_client()  # it is still reading; if not, `_check_progress` ends this
        else:
            self._transport.abort()

    def _check_progress(self) -> None:
        self._stall_timer = None
        if self._unsent and self._not_taken() >= self._unsent:
            self._transport.abort()
        else:
            self.watch_progress()

    def _not_taken(self) -> int:
        """Bytes that were written and that the client has not acknowledged."""
        return self._transport.get_write_buffer_size() + _in_kernel(self._transport)


def _in_kernel(transport: asyncio.Transport) -> int:
    """The kernel takes more from us only when a third of its buffer is free, which may be a megabyte."""
    try:
        answer = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, b"\0" * 4)
    except (OSError, ValueError):  # closed, or another kind of system
        return 0
    return int(struct.unpack("i", answer)[0])
