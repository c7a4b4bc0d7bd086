"""The supervisor's loop: requests of the service in, endings of commands out.

    request   {"id", "op": "exec" | "kill" | "write" | "read" | "list" | "connect", ...} + descriptors
    answer    {"id", ...} + descriptors, or {"id", "error": {"code": errno's name, "message"}}

When the service goes away, so does the sandbox: process 1 ends, and the kernel ends the rest.
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

from .channel import Channel
from .commands import Commands
from .files import Files

TYPE_CHECKING = False  # as in `typing`, whose import would cost more than all the others
if TYPE_CHECKING:
    from typing import Any

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_MAX_ENTRIES = 10_000
_BACKLOG = 64


class Supervisor:
    """Answers requests one after another; none of them waits for a command."""

    def __init__(self, channel: Channel, roots: dict[str, str]) -> None:
        self._channel = channel
        self._files = Files(roots)
        self._commands = Commands(lambda id_, code: channel.send({"id": id_, "exit": code}))

    def serve(self) -> None:
        """Returns when the service is gone, and with it every command."""
        wake, wakes = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        poll = select.poll()
        for descriptor in (wake, self._channel.fileno()):
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == wake:
                    os.read(wake, 4096)
                    self._commands.reap()
                elif not self._one():
                    if os.getpid() != 1:  # else the kernel does it
                        self._commands.kill_all()
                    return

    def _one(self) -> bool:
        received = self._channel.receive()
        if received is None:
            return False
        request, descriptors = received
        try:
            self._answer(request, descriptors)
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

    def _answer(self, request: dict[str, Any], descriptors: list[int]) -> None:
        id_, operation = request["id"], request["op"]
        if operation == "exec":
            cwd = self._files.locate(request["cwd"]) if request["cwd"] else "/"
            self._commands.start(id_, request["argv"], cwd, request["env"], descriptors)
        elif operation == "kill":
            self._commands.kill(request["target"])
        elif operation == "write":
            size = self._files.write(request["path"], descriptors[0], request["mode"])
            self._channel.send({"id": id_, "size": size})
        elif operation == "read":
            self._hand_over(id_, self._files.open(request["path"], request["within"]))
        elif operation == "list":
            self._channel.send_body(
                {"id": id_}, self._files.list(request["path"], request["within"], _MAX_ENTRIES)
            )
        elif operation == "connect":
            self._hand_over(id_, _connect(request["port"]))

    def _hand_over(self, id_: str, descriptor: int) -> None:
        try:
            self._channel.send({"id": id_}, descriptor)
        finally:
            os.close(descriptor)


def _connect(port: int) -> int:
    """A connection to a port of this sandbox."""
    connection = socket.socket()
    try:
        connection.settimeout(1.0)
        connection.connect(("127.0.0.1", port))
    except BaseException:
        connection.close()
        raise
    return connection.detach()


def _listener(port: int) -> socket.socket:
    """The way out: what arrives here, the service takes."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_BACKLOG)
    return listener


def main() -> None:
    """`program CONFIGURATION`, a JSON object: `control` (descriptor), `egress_port`, `roots`."""
    # Commands run under the same uid: without this they could read and write this process's memory.
    process_control = ctypes.CDLL(None).prctl
    process_control(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # Orphans come to it also where it is not process 1, without isolation.
    process_control(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # To process 1 the kernel delivers what it handles only; SIGINT would raise here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configuration = json.loads(sys.argv[1])
    channel = Channel(configuration["control"])
    with _listener(configuration["egress_port"]) as listener:
        channel.send({"id": "ready", "egress_port": listener.getsockname()[1]}, listener.fileno())
    Supervisor(channel, configuration["roots"]).serve()
    os._exit(0)  # at once: tidying up is wasted on a process whose sandbox ends with it
