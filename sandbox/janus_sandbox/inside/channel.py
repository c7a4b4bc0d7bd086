"""Packets on the control socket: one JSON object each, descriptors beside it."""

from __future__ import annotations

import array
import json
import socket

TYPE_CHECKING = False  # as in `typing`, whose import would cost more than all the others
if TYPE_CHECKING:
    from typing import Any

MAX_PACKET = 200_000  # below the default send buffer of a Unix socket, which bounds a packet
_MAX_DESCRIPTORS = 4
_DESCRIPTOR_BYTES = 4


def receive_packet(control: socket.socket) -> tuple[bytes, list[int]]:
    """A packet and its descriptors, which no later child inherits (`socket.recv_fds` cannot say so)."""
    space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * _DESCRIPTOR_BYTES)
    data, ancillary, _, _ = control.recvmsg(MAX_PACKET, space, socket.MSG_CMSG_CLOEXEC)
    received = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            received.frombytes(content[: len(content) - len(content) % _DESCRIPTOR_BYTES])
    return data, list(received)


class Channel:
    """The supervisor's end. Blocking: the service always reads."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> tuple[dict[str, Any], list[int]] | None:
        """The next request and the descriptors that came with it; None when the service is gone."""
        data, descriptors = receive_packet(self._socket)
        return (json.loads(data), descriptors) if data else None

    def send(self, message: dict[str, Any], *descriptors: int) -> None:
        """Sends a message; the receiver gets descriptors of its own."""
        socket.send_fds(self._socket, [json.dumps(message).encode()], list(descriptors))
