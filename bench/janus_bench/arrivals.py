"""When bytes arrived, by the kernel's own stamp on them.

A program reads its clock when it gets to run, which on a busy machine is milliseconds after the bytes
came. Linux stamps them on arrival (SO_TIMESTAMPING, Documentation/networking/timestamping.rst), and
hands the stamp over with them.
"""

import asyncio
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress

_SO_TIMESTAMPING = 37  # of asm-generic/socket.h; Python has no name for it
_RECEIVED_BY_SOFTWARE = (1 << 3) | (1 << 4)  # SOF_TIMESTAMPING_RX_SOFTWARE, SOF_TIMESTAMPING_SOFTWARE
_TIMESPEC = struct.Struct("@qq")
_ANCILLARY_BYTES = socket.CMSG_SPACE(3 * _TIMESPEC.size)
_AT_A_TIME = 256 * 1024
_OLDEST_SECONDS = 60.0  # beyond that somebody set the machine's clock meanwhile


class Arrivals:
    """Reads a transport's socket in its place. `take` gets each piece, with its time in monotonic seconds."""

    def __init__(
        self, transport: asyncio.Transport, own: socket.socket, take: Callable[[bytes, float], None]
    ) -> None:
        self._transport = transport
        self._socket = own
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(own, self._readable)

    def close(self) -> None:
        """To be called when the connection is lost."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _readable(self) -> None:
        try:
            data, told, _, _ = self._socket.recvmsg(_AT_A_TIME, _ANCILLARY_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data, told = b"", []
        if data:
            self._take(data, _arrival(told))
        else:
            self._loop.remove_reader(self._socket)
            self._transport.abort()


def stamped(transport: asyncio.Transport, take: Callable[[bytes, float], None]) -> Arrivals | None:
    """Takes over the reading of `transport`; None where the kernel does not stamp, or only TLS can read."""
    if sys.platform != "linux" or transport.get_extra_info("ssl_object") is not None:
        return None
    with suppress(OSError):
        own = transport.get_extra_info("socket").dup()
        try:
            own.setblocking(False)
            own.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _RECEIVED_BY_SOFTWARE)
        except OSError:
            own.close()
            raise
        transport.pause_reading()
        return Arrivals(transport, own, take)
    return None


def _arrival(told: list[tuple[int, int, bytes]]) -> float:
    """The kernel's stamp, which is in the time of day, by the clock that all else is timed with."""
    now, day = time.monotonic(), time.time()
    for level, kind, value in told:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPING) and len(value) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(value)
            ago: float = day - (seconds + nanoseconds / 1e9)
            if seconds and 0 <= ago <= _OLDEST_SECONDS:
                return now - ago
    return now
