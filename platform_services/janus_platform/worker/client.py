"""The parent's side of a worker: starts it when it is first needed, ends it when it takes too long."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from types import TracebackType
from typing import Any, Self

from janus_mesh import logs
from janus_mesh.errors import Overloaded
from janus_platform.gate.errors import UpstreamFailed

_LONGEST_LINE = 1024 * 1024
# How many messages that take all the time they may be waited for.
_MOST_TURNS = 4
# A worker needs nothing of our environment but where programs and libraries are; above all no keys.
_PASSED = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG", "HOME", "TMPDIR")

log = logs.get("worker")


class Worker:
    """One child process of a module that calls `serve`; messages take turns. Use as `async with`."""

    def __init__(self, module: str, *, seconds: float, environment: dict[str, str] | None = None) -> None:
        self._module = module
        self._seconds = seconds
        self._environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
        self._environment |= environment or {}
        self._process: Process | None = None
        self._ended: set[asyncio.Task[int]] = set()
        self._turn = asyncio.Lock()

    async def ask(self, message: dict[str, Any], body: bytes = b"") -> tuple[dict[str, Any], bytes]:
        """The child's answer. Raises `UpstreamFailed` when it says so, dies or takes too long.

        A caller that is cancelled ends the child too: there is no other way to stop what it does.
        """
        try:
            async with asyncio.timeout(_MOST_TURNS * self._seconds):
                await self._turn.acquire()
        except TimeoutError:
            raise Overloaded("others are served first", code="worker_busy", retry_after=1.0) from None
        try:
            answered = False
            try:
                async with asyncio.timeout(self._seconds):
                    answer, data = await self._exchange(message, body)
                answered = True
            except TimeoutError:
                raise UpstreamFailed(f"not done within {self._seconds:g} s", code="worker_timeout") from None
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                log.warning("worker lost", module=self._module, reason=repr(error))
                raise UpstreamFailed("the worker process died over it", code="worker_failed") from None
            finally:
                if not answered:
                    self._kill()
        finally:
            self._turn.release()
        if "error" in answer:
            raise UpstreamFailed(str(answer["error"]), code="worker_failed")
        return answer, data

    async def _exchange(self, message: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        if self._process is None or self._process.returncode is not None:
            self._process = await self._started()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({**message, "size": len(body)}).encode() + b"\n" + body)
        await stdin.drain()
        answer = json.loads(await stdout.readline())
        return answer, await stdout.readexactly(answer.pop("size"))

    async def _started(self) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=PIPE,
            stdout=PIPE,
            env=self._environment,
            limit=_LONGEST_LINE,
            start_new_session=True,  # Ctrl-C on the terminal is for the parent
        )

    def _kill(self) -> None:
        """Ends the child; the next message gets another, though this one may take a moment to die."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            ended = asyncio.create_task(process.wait())
            self._ended.add(ended)
            ended.add_done_callback(self._ended.discard)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kill()
        await asyncio.gather(*self._ended)
