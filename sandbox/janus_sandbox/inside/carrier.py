"""Connections carried over the border, for a kernel whose sockets cannot be handed across it.

Bytes are copied between the two sockets of a pair within the supervisor's own loop: a thread or a process for
each would count towards the sandbox's limit, and could be killed by its commands.
"""

from __future__ import annotations

import select

TYPE_CHECKING = False  # as in `typing`, whose import would cost more than all the others
if TYPE_CHECKING:
    import socket

_CHUNK = 65_536


class _End:
    """One socket of a pair: what was read from it and is still to be written to the other."""

    def __init__(self, own: socket.socket) -> None:
        own.setblocking(False)
        self.socket = own
        self.fd = own.fileno()
        self.pending = b""
        self.over = False  # nothing more comes from it
        self.other = self


class Carrier:
    """Copies between pairs whenever `poll` says that one of their descriptors is ready."""

    def __init__(self, poll: select.poll) -> None:
        self._poll = poll
        self._ends: dict[int, _End] = {}

    def add(self, one: socket.socket, other: socket.socket) -> None:
        """Takes two sockets over and copies until both directions are over."""
        first, second = _End(one), _End(other)
        first.other, second.other = second, first
        for end in (first, second):
            self._ends[end.fd] = end
            self._watch(end)

    def turn(self, fd: int, events: int) -> None:
        """Does what can be done at once; harmless for a descriptor that is nobody's any more."""
        end = self._ends.get(fd)
        if end is None:
            return
        try:
            if events & select.POLLOUT:
                self._write(end.other)
            if events & ~select.POLLOUT and not end.pending and not end.over:
                self._read(end)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(end)
            return
        if all(one.over and not one.pending for one in (end, end.other)):
            self._drop(end)
            return
        self._watch(end)
        self._watch(end.other)

    def _read(self, end: _End) -> None:
        end.pending = end.socket.recv(_CHUNK)
        end.over = not end.pending
        self._write(end)

    def _write(self, end: _End) -> None:
        """Hands on what came from an end, and its ending."""
        if end.pending:
            sent = end.other.socket.send(end.pending)
            end.pending = end.pending[sent:]
        if end.over and not end.pending:
            end.other.socket.shutdown(1)  # SHUT_WR

    def _watch(self, end: _End) -> None:
        wanted = select.POLLOUT if end.other.pending else 0
        if not end.pending and not end.over:
            wanted |= select.POLLIN
        if wanted:
            self._poll.register(end.fd, wanted)
        else:  # else a hang-up would be told of again and again
            try:
                self._poll.unregister(end.fd)
            except KeyError:
                pass

    def _drop(self, end: _End) -> None:
        for one in (end, end.other):
            try:
                self._poll.unregister(one.fd)
            except KeyError:
                pass
            del self._ends[one.fd]
            one.socket.close()
