"""Running a long command in a sandbox whose service has no agent for it: in the background, by `exec` alone.

Sandy's `agent/run` knows agents by name and runs no command of ours. So the command is started in the
background, its two outputs go to files, and these are asked for until the exit code is there.
"""

import asyncio
import shlex
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

from .sandy_shapes import Ended, Executed, Line

Execute = Callable[[str], Awaitable[Executed]]

_FOLDER = "/tmp/.janus-run"  # noqa: S108  # inside the sandbox
_POLL_SECONDS = 1.0
# Of each output at a time, so that an answer stays within what services answer with.
_PIECE_BYTES = 256 * 1024
_TIMED_OUT = 124
_STOPPED = 137


async def run(
    execute: Execute, command: str, env: Mapping[str, str], seconds: float
) -> AsyncGenerator[Line | Ended, None]:
    """The lines of a command as it writes them, then its end. Leaving ends the command."""
    began = time.monotonic()
    await execute(_start(command, env))
    outputs = {"stdout": _Output(), "stderr": _Output()}
    over = False
    try:
        while True:
            code = await _exit_code(execute)
            for stream, output in outputs.items():
                async for text in output.more(execute, f"{_FOLDER}/{stream}"):
                    yield Line(stream, text)
            if code is not None:
                break
            if time.monotonic() - began >= seconds:
                await execute(_stop())
                code = _TIMED_OUT
                break
            await asyncio.sleep(_POLL_SECONDS)
        over = True
        for stream, output in outputs.items():
            if rest := output.rest():
                yield Line(stream, rest)
        yield Ended(code, code == _TIMED_OUT)
    finally:
        if not over:
            await asyncio.shield(execute(_stop()))


class _Output:
    """One output as far as it was read."""

    def __init__(self) -> None:
        self._offset = 0
        self._partial = ""

    async def more(self, execute: Execute, path: str) -> AsyncGenerator[str, None]:
        """The lines that were written since."""
        while True:
            # In hexadecimal, so that no service changes a byte of it or cuts a character in two.
            read = await execute(
                f"tail -c +{self._offset + 1} {path} | head -c {_PIECE_BYTES} | od -An -v -tx1 | tr -d ' \\n'"
            )
            data = bytes.fromhex(read.stdout.strip())
            if len(data) == _PIECE_BYTES and b"\n" in data:
                data = data[: data.rindex(b"\n") + 1]
            self._offset += len(data)
            *lines, self._partial = (self._partial + data.decode("utf-8", "replace")).split("\n")
            for line in lines:
                yield line
            if len(data) < _PIECE_BYTES // 2:
                return

    def rest(self) -> str:
        return self._partial


def _start(command: str, env: Mapping[str, str]) -> str:
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in env.items())
    inner = f"cd /workspace; env {variables} sh -c {shlex.quote(command)}; echo $? >{_FOLDER}/code.new"
    inner += f"; mv {_FOLDER}/code.new {_FOLDER}/code"
    return (
        f"rm -rf {_FOLDER}; mkdir -p {_FOLDER}; : >{_FOLDER}/stdout; : >{_FOLDER}/stderr; "
        f"setsid sh -c {shlex.quote(inner)} >{_FOLDER}/stdout 2>{_FOLDER}/stderr </dev/null & "
        f"echo $! >{_FOLDER}/pid"
    )


def _stop() -> str:
    return (
        f"kill -KILL -$(cat {_FOLDER}/pid) 2>/dev/null || kill -KILL $(cat {_FOLDER}/pid) 2>/dev/null; true"
    )


async def _exit_code(execute: Execute) -> int | None:
    """The command's exit code once it has ended; also when it was killed without writing one."""
    asked = f"cat {_FOLDER}/code 2>/dev/null || kill -0 $(cat {_FOLDER}/pid) 2>/dev/null || echo {_STOPPED}"
    said = (await execute(asked)).stdout.strip()
    return int(said) if said.isdecimal() else None
