"""One sandbox over the Sandy API, as the platform's sandbox proxy offers it."""

import base64
import shlex
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, cast
from urllib.parse import quote

import httpx
import orjson

from janus_mesh import logs
from janus_mesh.errors import Unavailable

from . import sandy_background, sandy_shapes
from .events import EventSplitter, data_of
from .platform import Account
from .sandy_shapes import Ended, Entry, Executed, Line

log = logs.get("agent_cli.sandy")

_API = "/api/sandboxes"
_EXEC_SECONDS = 10.0
# The service pings every two seconds; much longer, and nobody is there.
_SILENCE_SECONDS = 30.0
# The agent of our own service that runs its prompt in a shell.
_COMMAND_AGENT = "command"
_REFUSALS_OF_THE_SANDBOX = ("sandbox_gone", "sandbox_not_found", "agent_running")


class _NoCommandAgent(Exception):
    """The sandbox service runs no command of ours as an agent."""


def _refused_agent(status: int, code: str) -> None:
    """Raises `_NoCommandAgent` for a refusal of the agent, as against one of the sandbox."""
    if status in (400, 404, 405, 422, 501) and code not in _REFUSALS_OF_THE_SANDBOX:
        raise _NoCommandAgent


class Sandbox:
    """A sandbox that lives. Every call raises a `JanusError` for what does not work."""

    def __init__(self, sandbox_id: str, account: Account) -> None:
        self.id = sandbox_id
        self._account = account
        self._path = f"{_API}/{sandbox_id}"

    @classmethod
    async def create(cls, account: Account, *, flavor: str, ttl: float) -> "Sandbox":
        # No priority: what a sandbox gives way to is the platform's policy.
        made = await account.object("POST", _API, json={"flavor": flavor, "ttl_seconds": ttl})
        return cls(sandy_shapes.sandbox_id(made), account)

    async def write(self, path: str, content: bytes) -> None:
        encoded = base64.b64encode(content).decode("ascii")
        await self._post("files/write", {"path": path, "content": encoded, "encoding": "base64"})

    async def execute(self, command: str | list[str]) -> Executed:
        """Runs a short command, given in a shell's words or as a program and its arguments."""
        words = command if isinstance(command, str) else shlex.join(command)  # Sandy takes a text alone
        timeout = round(_EXEC_SECONDS * 1000)
        return sandy_shapes.executed(await self._post("exec", {"command": words, "timeoutMs": timeout}))

    async def run(
        self, command: str, env: dict[str, str], seconds: float
    ) -> AsyncGenerator[Line | Ended, None]:
        """What a command says while it works, for at most `seconds`; the last is its end."""
        try:
            async with aclosing(self._run_as_agent(command, env, seconds)) as said:
                async for one in said:
                    yield one
            return
        except _NoCommandAgent:
            log.info("the sandbox service runs no commands as agents", sandbox=self.id)
        async with aclosing(sandy_background.run(self.execute, command, env, seconds)) as said:
            async for one in said:
                yield one

    async def _run_as_agent(
        self, command: str, env: dict[str, str], seconds: float
    ) -> AsyncGenerator[Line | Ended, None]:
        """Raises `_NoCommandAgent` where the service has no such agent, and runs nothing then."""
        body = {"agent": _COMMAND_AGENT, "prompt": command, "maxDuration": seconds, "env": env}
        timeout = httpx.Timeout(_SILENCE_SECONDS, connect=5.0)
        splitter = EventSplitter("the sandbox service")
        path = f"{self._path}/agent/run"
        async with self._account.call(
            "POST", path, json=body, timeout=timeout, refused=_refused_agent
        ) as answer:
            reads = cast(AsyncGenerator[bytes, None], answer.aiter_bytes())
            async with aclosing(reads):
                async for read in reads:
                    for told in _events_in(splitter.feed(read)):
                        yield told
                        if isinstance(told, Ended):
                            return
            for told in _events_in([splitter.rest()]):  # an end without the blank line after it
                yield told
                if isinstance(told, Ended):
                    return
        raise Unavailable("the sandbox service stopped before the agent's end", code="sandbox_failed")

    async def entries(self, folder: str) -> list[Entry]:
        """What a folder holds."""
        listed = await self._account.object("GET", f"{self._path}/files/list", params={"path": folder})
        if (known := sandy_shapes.entries(listed)) is not None:
            return known
        kinds = {"d": "directory", "f": "file", "l": "symlink"}
        found = await self.execute(["find", folder, "-mindepth", "1", "-maxdepth", "1", "-printf", r"%y%f\0"])
        return [Entry(one[1:], kinds.get(one[0], "other")) for one in found.stdout.split("\0") if one]

    async def artifact(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a file below `/workspace/artifacts`."""
        async with self._account.call("GET", f"{self._path}/artifacts/{quote(path)}") as answer:
            async for part in answer.aiter_bytes():
                yield part

    async def terminate(self) -> None:
        await self._post("terminate", {})

    async def _post(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._account.object("POST", f"{self._path}/{action}", json=body)


def _events_in(raw: list[bytes]) -> Iterator[Line | Ended]:
    for data in filter(None, map(data_of, raw)):
        try:
            said = orjson.loads(data)
        except orjson.JSONDecodeError:
            said = None
        if (told := sandy_shapes.event(said)) is not None:
            yield told
