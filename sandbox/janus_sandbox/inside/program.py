"""The supervisor's loop: requests of the service in, endings of commands out.

    request   {"id", "op": "exec" | "kill" | "write" | "read" | "list" | "connect", ...} + descriptors
    answer    {"id", ...} + descriptors, or {"id", "error": {"code": errno's name, "message"}}
    dial      {"id": "dial", "number"}: a connection leaves; answered by the request "carry"

Where descriptors can only come in (`carries`), content is copied into files that the request brings, and
connections are carried to sockets that it brings. When the service goes away, so does the sandbox: process 1
ends, and the kernel ends the rest.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import signal
import socket
import sys

from .carrier import Carrier
from .channel import Channel
from .commands import Commands
from .files import Files, copy

TYPE_CHECKING = False  # as in `typing`, whose import would cost more than all the others
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_MAX_ENTRIES = 10_000
_BACKLOG = 64


class Supervisor:
    """Answers requests one after another; none of them waits for a command."""

    def __init__(self, channel: Channel, roots: dict[str, str], leaving: socket.socket | None) -> None:
        self._channel = channel
        self._files = Files(roots)
        self._commands = Commands(lambda id_, code: channel.send({"id": id_, "exit": code}))
        self._poll = select.poll()
        self._carrier = Carrier(self._poll)
        self._leaving = leaving  # the listener of the way out, where it cannot be handed over
        self._dialled: dict[int, socket.socket] = {}
        self._operations: dict[str, Callable[[dict[str, Any], list[int]], None]] = {
            "exec": self._exec,
            "kill": self._kill,
            "connect": self._connect,
            "carry": self._carry,
            "write": self._write,
            "read": self._read,
            "list": self._list,
        }

    def serve(self) -> None:
        """Returns when the service is gone, and with it every command."""
        wake, wakes = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        leaving = self._leaving.fileno() if self._leaving else -1
        for descriptor in (wake, self._channel.fileno(), *((leaving,) if self._leaving else ())):
            self._poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, events in self._poll.poll():
                if descriptor == wake:
                    os.read(wake, 4096)
                    self._commands.reap()
                elif descriptor == leaving:
                    self._dial()
                elif descriptor != self._channel.fileno():
                    self._carrier.turn(descriptor, events)
                elif not self._one():
                    if os.getpid() != 1:  # else the kernel does it
                        self._commands.kill_all()
                    return

    def _dial(self) -> None:
        """Asks the service for a socket to carry a connection to."""
        assert self._leaving is not None
        try:
            connection, _ = self._leaving.accept()
        except OSError:  # it has left again, or there are no descriptors
            return
        self._dialled[connection.fileno()] = connection
        self._channel.send({"id": "dial", "number": connection.fileno()})

    def _one(self) -> bool:
        received = self._channel.receive()
        if received is None:
            return False
        request, descriptors = received
        try:
            self._operations[request["op"]](request, descriptors)
        except OSError as error:
            code = errno.errorcode.get(error.errno or 0, "EIO")
            self._refuse(request, code, error.strerror or str(error))
        except (ValueError, MemoryError) as error:  # a NUL in a path; no room for an answer
            self._refuse(request, "EINVAL" if isinstance(error, ValueError) else "ENOMEM", str(error))
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _refuse(self, request: dict[str, Any], code: str, message: str) -> None:
        self._channel.send({"id": request["id"], "error": {"code": code, "message": message}})

    def _exec(self, request: dict[str, Any], descriptors: list[int]) -> None:
        cwd = self._files.locate(request["cwd"]) if request["cwd"] else "/"
        self._commands.start(request["id"], request["argv"], cwd, request["env"], descriptors)

    def _kill(self, request: dict[str, Any], _: list[int]) -> None:
        self._commands.kill(request["target"])

    def _write(self, request: dict[str, Any], descriptors: list[int]) -> None:
        size = self._files.write(request["path"], descriptors[0], request["mode"])
        self._channel.send({"id": request["id"], "size": size})

    def _read(self, request: dict[str, Any], descriptors: list[int]) -> None:
        file = self._files.open(request["path"], request["within"])
        if descriptors:
            self._copy(request["id"], file, descriptors[0])
        else:
            self._hand_over(request["id"], file)

    def _list(self, request: dict[str, Any], descriptors: list[int]) -> None:
        found = self._files.list(request["path"], request["within"], _MAX_ENTRIES)
        with open(descriptors[0], "wb", closefd=False) as body:
            body.write(json.dumps(found).encode())
        self._channel.send({"id": request["id"]})

    def _connect(self, request: dict[str, Any], descriptors: list[int]) -> None:
        connection = _connected(request["port"])
        if descriptors:
            self._carrier.add(connection, _own(descriptors))
            self._channel.send({"id": request["id"]})
        else:
            self._hand_over(request["id"], connection.detach())

    def _carry(self, request: dict[str, Any], descriptors: list[int]) -> None:
        self._carrier.add(self._dialled.pop(request["number"]), _own(descriptors))

    def _copy(self, id_: str, file: int, target: int) -> None:
        try:
            self._channel.send({"id": id_, "size": copy(file, target)})
        finally:
            os.close(file)

    def _hand_over(self, id_: str, descriptor: int) -> None:
        try:
            self._channel.send({"id": id_}, descriptor)
        finally:
            os.close(descriptor)


def _own(descriptors: list[int]) -> socket.socket:
    """Takes over the one that came with a request."""
    return socket.socket(fileno=descriptors.pop())


def _connected(port: int) -> socket.socket:
    """A connection to a port of this sandbox."""
    connection = socket.socket()
    try:
        connection.settimeout(1.0)
        connection.connect(("127.0.0.1", port))
    except BaseException:
        connection.close()
        raise
    return connection


def _listener(port: int) -> socket.socket:
    """The way out: what arrives here, the service takes."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_BACKLOG)
    return listener


def main() -> None:
    """`program CONFIGURATION`, a JSON object: `control`, `egress_port`, `roots`, `carries`.

    `control` is a descriptor, or the path of a socket to connect to.
    """
    # Commands run under the same uid: without this they could read and write this process's memory.
    process_control = ctypes.CDLL(None).prctl
    process_control(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # Orphans come to it also where it is not process 1, without isolation.
    process_control(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # To process 1 the kernel delivers what it handles only; SIGINT would raise here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configuration = json.loads(sys.argv[1])
    channel = Channel(_control(configuration["control"]))
    listener = _listener(configuration["egress_port"])
    ready = {"id": "ready", "egress_port": listener.getsockname()[1]}
    if configuration["carries"]:
        channel.send(ready)
        Supervisor(channel, configuration["roots"], listener).serve()
    else:
        channel.send(ready, listener.fileno())
        listener.close()
        Supervisor(channel, configuration["roots"], None).serve()
    os._exit(0)  # at once: tidying up is wasted on a process whose sandbox ends with it


def _control(where: int | str) -> int:
    if isinstance(where, int):
        return where
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(where)
    return connection.detach()
