"""The service's end of a supervisor's control socket: requests with their answers, endings of commands.

What comes back is a stranger's word: sizes are bounded, and descriptors are judged before use.
"""

import asyncio
import json
import os
import socket
from itertools import count
from typing import Any

from janus_mesh import logs
from janus_mesh.errors import JanusError, PayloadTooLarge, Unavailable

from .backend import Command, Entry
from .handed_over import Answer, as_file, as_socket, refused
from .inside.channel import MAX_PACKET, receive_packet
from .linked_execution import LinkedExecution

log = logs.get("sandbox.supervisor")

_ANSWER_SECONDS = 10.0
_MAX_BODY = 8 * 1024 * 1024
_READY, _DIAL = "ready", "dial"
_MOST_DIALLED = 64


class SupervisorLink:
    """Talks to one supervisor. Every method raises `Unavailable` once it is gone.

    With `carries` descriptors only go in: files are copied into ours, connections carried to sockets of ours.
    """

    def __init__(self, control: socket.socket, box_id: str, *, carries: bool = False) -> None:
        control.setblocking(False)
        self._control = control
        self._box_id = box_id
        self._carries = carries
        self._loop = asyncio.get_running_loop()
        self._ids = count(1)
        self._waiting: dict[str, asyncio.Future[Answer]] = {_READY: self._loop.create_future()}
        self._sending = asyncio.Lock()
        self._listener: socket.socket | None = None
        self._dialled: asyncio.Queue[int] = asyncio.Queue(_MOST_DIALLED)
        self.gone = asyncio.Event()
        self._loop.add_reader(control.fileno(), self._readable)

    async def ready(self, seconds: float) -> int:
        """The egress port, as soon as commands can be run."""
        message, descriptors = await self._answer(_READY, self._waiting[_READY], seconds)
        if not self._carries:
            self._listener = as_socket(descriptors)
        return int(message["egress_port"])

    async def accept(self) -> socket.socket:
        """The next connection to the egress port. Raises `OSError` when there are no descriptors for it."""
        if self._listener is not None:
            return (await self._loop.sock_accept(self._listener))[0]
        number = await self._dialled.get()
        ours, theirs = _stream_pair()
        with theirs:
            try:
                await self._send({"id": self._new_id(), "op": "carry", "number": number}, theirs.fileno())
            except BaseException:
                ours.close()
                raise
        return ours

    async def execute(self, command: Command, stdout: int, stderr: int) -> LinkedExecution:
        id_ = self._new_id()
        ending = self._expect(id_)
        request = {"argv": list(command.argv), "cwd": command.cwd, "env": dict(command.env)}
        await self._send({"id": id_, "op": "exec", **request}, stdout, stderr)
        return LinkedExecution(lambda: self._kill(id_), ending)

    async def _kill(self, target: str) -> None:
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
        request = {"op": "read", "path": path, "within": within}
        if self._carries:
            return await self._filled(request)
        return as_file((await self._ask(request))[1])

    async def list(self, path: str, within: str) -> list[Entry]:
        body = await self._filled({"op": "list", "path": path, "within": within})
        try:
            entries = json.loads(os.pread(body, _MAX_BODY, 0))
        finally:
            os.close(body)
        return [
            Entry(str(one["name"]), str(one["type"]), int(one["size"]), float(one["modified"]))
            for one in entries
        ]

    async def connect(self, port: int) -> socket.socket:
        request = {"op": "connect", "port": port}
        if not self._carries:
            return as_socket((await self._ask(request))[1])
        ours, theirs = _stream_pair()
        with theirs:
            try:
                await self._ask(request, theirs.fileno())
            except BaseException:
                ours.close()
                raise
        return ours

    async def _filled(self, request: dict[str, Any]) -> int:
        """A file of ours in memory that the supervisor fills, so that its pages count for the sandbox."""
        target = os.memfd_create("answer", os.MFD_CLOEXEC)
        try:
            await self._ask(request, target)
        except BaseException:
            os.close(target)
            raise
        return target

    def stop_listening(self) -> None:
        """For when nobody waits in `accept` any more."""
        if self._listener is not None:
            self._listener.close()

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
            raise refused(str(refusal.get("code")), str(refusal.get("message")))
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
            if self._carries and message["id"] == _DIAL:
                self._dialled.put_nowait(int(message["number"]))
                return
            future = self._waiting.pop(str(message["id"]), None)
        except asyncio.QueueFull:  # whoever dials on and on waits in vain
            future = None
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


def _stream_pair() -> tuple[socket.socket, socket.socket]:
    """Our end of a carried connection, and theirs."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
