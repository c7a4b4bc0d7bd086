"""The service's end of a supervisor's control socket: requests with their answers, endings of commands.

What comes back is a stranger's word: sizes are bounded, and descriptors are judged before use.
"""

import asyncio
import json
import os
import socket
import stat
from contextlib import suppress
from itertools import count
from typing import Any

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest, JanusError, NotFound, PayloadTooLarge, Unavailable

from .backend import Command, Entry
from .inside.channel import MAX_PACKET, receive_packet

log = logs.get("sandbox.supervisor")

_ANSWER_SECONDS = 10.0
_MAX_BODY = 8 * 1024 * 1024
_READY = "ready"

Answer = tuple[dict[str, Any], list[int]]


class SupervisorLink:
    """Talks to one supervisor. Every method raises `Unavailable` once it is gone."""

    def __init__(self, control: socket.socket, box_id: str) -> None:
        control.setblocking(False)
        self._control = control
        self._box_id = box_id
        self._loop = asyncio.get_running_loop()
        self._ids = count(1)
        self._waiting: dict[str, asyncio.Future[Answer]] = {_READY: self._loop.create_future()}
        self._sending = asyncio.Lock()
        self.gone = asyncio.Event()
        self._loop.add_reader(control.fileno(), self._readable)

    async def ready(self, seconds: float) -> tuple[socket.socket, int]:
        """The listener of the way out, and its port, as soon as commands can be run."""
        message, descriptors = await self._answer(_READY, self._waiting[_READY], seconds)
        return _as_socket(descriptors), int(message["egress_port"])

    async def execute(self, command: Command, stdout: int, stderr: int) -> "LinkedExecution":
        id_ = self._new_id()
        ending = self._expect(id_)
        request = {"argv": list(command.argv), "cwd": command.cwd, "env": dict(command.env)}
        await self._send({"id": id_, "op": "exec", **request}, stdout, stderr)
        return LinkedExecution(self, id_, ending)

    async def kill(self, target: str) -> None:
        await self._send({"id": self._new_id(), "op": "kill", "target": target})

    async def write(self, path: str, content: bytes, mode: int) -> None:
        source = os.memfd_create("write", os.MFD_CLOEXEC)
        try:
            with open(source, "wb", closefd=False) as file:  # noqa: ASYNC230  # memory, no disk
                file.write(content)
            await self._ask({"op": "write", "path": path, "mode": mode}, source)
        finally:
            os.close(source)

    async def open(self, path: str, within: str) -> int:
        _, descriptors = await self._ask({"op": "read", "path": path, "within": within})
        return _as_file(descriptors)

    async def list(self, path: str, within: str) -> list[Entry]:
        _, descriptors = await self._ask({"op": "list", "path": path, "within": within})
        body = _as_file(descriptors)
        try:
            entries = json.loads(os.pread(body, _MAX_BODY, 0))
        finally:
            os.close(body)
        return [
            Entry(str(one["name"]), str(one["type"]), int(one["size"]), float(one["modified"]))
            for one in entries
        ]

    async def connect(self, port: int) -> socket.socket:
        _, descriptors = await self._ask({"op": "connect", "port": port})
        return _as_socket(descriptors)

    def close(self) -> None:
        """Lets go of the supervisor, which ends it."""
        if self._control.fileno() < 0:
            return
        self._loop.remove_reader(self._control.fileno())
        self._loop.remove_writer(self._control.fileno())
        self._control.close()
        self.gone.set()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(self._gone())
                future.exception()  # whoever waited has it; nobody need have
        self._waiting.clear()

    def _new_id(self) -> str:
        return str(next(self._ids))

    def _expect(self, id_: str) -> asyncio.Future[Answer]:
        if self.gone.is_set():
            raise self._gone()
        future = self._waiting[id_] = self._loop.create_future()
        return future

    async def _ask(self, request: dict[str, Any], *descriptors: int) -> Answer:
        id_ = self._new_id()
        answer = self._expect(id_)
        await self._send({"id": id_, **request}, *descriptors)
        return await self._answer(id_, answer, _ANSWER_SECONDS)

    async def _answer(self, id_: str, future: asyncio.Future[Answer], seconds: float) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                message, descriptors = await future
        except TimeoutError:
            raise Unavailable(f"the sandbox did not answer within {seconds:g} s") from None
        finally:
            self._waiting.pop(id_, None)
        if refusal := message.get("error"):
            raise _refused(str(refusal.get("code")), str(refusal.get("message")))
        return message, descriptors

    async def _send(self, request: dict[str, Any], *descriptors: int) -> None:
        packet = json.dumps(request).encode()
        if len(packet) > MAX_PACKET:
            raise PayloadTooLarge(f"command and environment are larger than {MAX_PACKET} bytes")
        async with self._sending:
            while True:
                if self.gone.is_set():
                    raise self._gone()
                try:
                    socket.send_fds(self._control, [packet], list(descriptors))
                except BlockingIOError:
                    await self._writable()
                except OSError:
                    self.close()
                else:
                    return

    async def _writable(self) -> None:
        free = self._loop.create_future()
        self._loop.add_writer(self._control.fileno(), _resolve, free)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await free
        except TimeoutError:
            raise Unavailable("the sandbox takes no requests") from None
        finally:
            if not self.gone.is_set():
                self._loop.remove_writer(self._control.fileno())

    def _readable(self) -> None:
        try:
            data, descriptors = receive_packet(self._control)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        if not data:
            self.close()
            return
        try:
            message = json.loads(data)
            future = self._waiting.pop(str(message["id"]), None)
        except (ValueError, TypeError, KeyError):
            log.warning("a sandbox speaks gibberish", sandbox=self._box_id, bytes=len(data))
            future = None
        if future is None or future.done():
            for descriptor in descriptors:
                os.close(descriptor)
        else:
            future.set_result((message, descriptors))

    def _gone(self) -> JanusError:
        return Unavailable(f"sandbox {self._box_id} is gone", code="sandbox_gone")


class LinkedExecution:
    """One command under way."""

    def __init__(self, link: SupervisorLink, id_: str, ending: asyncio.Future[Answer]) -> None:
        self._link = link
        self._id = id_
        self._ending = ending

    async def wait(self) -> int:
        message, descriptors = await asyncio.shield(self._ending)
        for descriptor in descriptors:
            os.close(descriptor)
        if refusal := message.get("error"):
            raise _refused(str(refusal.get("code")), str(refusal.get("message")))
        return int(message["exit"])

    async def kill(self) -> None:
        if not self._ending.done():
            with suppress(Unavailable):
                await self._link.kill(self._id)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _refused(code: str, message: str) -> JanusError:
    """A failed file operation or connection, in the words of the API."""
    if code == "ENOENT":
        return NotFound("no such file or folder", param="path", code="file_not_found")
    if code in ("ENOSPC", "EDQUOT", "EFBIG", "ENOMEM"):
        return PayloadTooLarge("the sandbox's disk is full", param="path", code="disk_full")
    if code in ("ECONNREFUSED", "ETIMEDOUT"):
        return Unavailable("nobody listens on that port of the sandbox", code="port_closed")
    if code == "E2BIG":
        return PayloadTooLarge("command and environment are larger than the kernel takes")
    if code == "EAGAIN":
        return Unavailable("the sandbox has no room for another process", code="process_limit")
    return InvalidRequest(f"path: {message.lower()}", param="path")


def _as_file(descriptors: list[int]) -> int:
    """The one descriptor, if it is a regular file: reading from anything else might never end."""
    return _only(descriptors, stat.S_ISREG)


def _as_socket(descriptors: list[int]) -> socket.socket:
    received = socket.socket(fileno=_only(descriptors, stat.S_ISSOCK))
    if received.family is not socket.AF_INET or received.type != socket.SOCK_STREAM:
        received.close()
        raise Unavailable("the sandbox answered with another socket than asked for")
    received.setblocking(False)
    return received


def _only(descriptors: list[int], kind: Any) -> int:
    if len(descriptors) == 1 and kind(os.fstat(descriptors[0]).st_mode):
        return descriptors[0]
    for descriptor in descriptors:
        os.close(descriptor)
    raise Unavailable("the sandbox answered with something else than asked for")
