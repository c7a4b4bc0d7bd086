"""One sandbox over the Sandy API, as the platform's sandbox proxy offers it."""

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import httpx
import orjson

from janus_mesh.errors import CompetitorFailed, Unavailable

from .events import EventSplitter, data_of
from .platform import Account

_API = "/api/sandboxes"
_EXEC_SECONDS = 10.0
# The service pings every two seconds; much longer, and nobody is there.
_SILENCE_SECONDS = 30.0
# The agent that runs its prompt in a shell.
_COMMAND_AGENT = "command"


@dataclass(frozen=True, slots=True)
class Executed:
    """What became of a command."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an agent's output."""

    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How an agent ended."""

    exit_code: int
    timed_out: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a folder; `kind` is `file`, `directory`, `symlink` or `other`."""

    name: str
    kind: str


class Sandbox:
    """A sandbox that lives. Every call raises a `JanusError` for what does not work."""

    def __init__(self, sandbox_id: str, account: Account) -> None:
        self.id = sandbox_id
        self._account = account
        self._path = f"{_API}/{sandbox_id}"

    @classmethod
    async def create(cls, account: Account, *, flavor: str, ttl: float) -> "Sandbox":
        body = {"flavor": flavor, "ttl_seconds": ttl, "priority": "normal", "preemptable": False}
        made = await account.object("POST", _API, json=body)
        sandbox_id = made.get("sandboxId") or made.get("sandbox_id")
        if not isinstance(sandbox_id, str) or not sandbox_id:
            raise Unavailable("the sandbox service did not name the sandbox", code="sandbox_failed")
        return cls(sandbox_id, account)

    async def write(self, path: str, content: bytes) -> None:
        encoded = base64.b64encode(content).decode("ascii")
        await self._post("files/write", {"path": path, "content": encoded, "encoding": "base64"})

    async def execute(self, command: list[str]) -> Executed:
        """Runs a short command."""
        timeout = round(_EXEC_SECONDS * 1000)
        ran = await self._post("exec", {"command": command, "timeoutMs": timeout})
        return Executed(_whole(ran.get("exitCode")), str(ran.get("stdout", "")), str(ran.get("stderr", "")))

    async def run(
        self, command: str, env: dict[str, str], seconds: float
    ) -> AsyncGenerator[Line | Ended, None]:
        """What a command says while it works, for at most `seconds`; the last is its end."""
        body = {"agent": _COMMAND_AGENT, "prompt": command, "maxDuration": seconds, "env": env}
        timeout = httpx.Timeout(_SILENCE_SECONDS, connect=5.0)
        splitter = EventSplitter("the sandbox service")
        async with self._account.call(
            "POST", f"{self._path}/agent/run", json=body, timeout=timeout
        ) as answer:
            reads = cast(AsyncGenerator[bytes, None], answer.aiter_bytes())
            async with aclosing(reads):
                async for read in reads:
                    for event in map(_event, splitter.feed(read)):
                        if event is None:
                            continue
                        yield event
                        if isinstance(event, Ended):
                            return
        raise Unavailable("the sandbox service stopped before the agent's end", code="sandbox_failed")

    async def entries(self, folder: str) -> list[Entry]:
        """What a folder holds."""
        listed = await self._account.object("GET", f"{self._path}/files/list", params={"path": folder})
        entries = listed.get("entries")
        found = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
        return [Entry(str(one.get("name")), str(one.get("type"))) for one in found]

    async def artifact(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a file below `/workspace/artifacts`."""
        async with self._account.call("GET", f"{self._path}/artifacts/{quote(path)}") as answer:
            async for part in answer.aiter_bytes():
                yield part

    async def terminate(self) -> None:
        await self._post("terminate", {})

    async def _post(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._account.object("POST", f"{self._path}/{action}", json=body)


def _event(event: bytes) -> Line | Ended | None:
    """What an event of a run says; None for what tells nothing. Raises `CompetitorFailed` for its failure."""
    data = data_of(event)
    if not data:
        return None
    try:
        said = orjson.loads(data)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise Unavailable("the sandbox service sent what is no event", code="sandbox_failed")
    if "error" in said and "type" not in said:  # the proxy between us failed
        error = said["error"] if isinstance(said["error"], dict) else {}
        raise Unavailable(str(error.get("message")), code=str(error.get("code") or "sandbox_failed"))
    match said.get("type"):
        case "agent-output" | "output":
            return Line(str(said.get("stream", "stdout")), str(said.get("data", "")))
        case "complete":
            return Ended(_whole(said.get("exitCode")), bool(said.get("timedOut")))
        case "error":
            code = str(said.get("code") or "agent_failed")
            raise CompetitorFailed(str(said.get("message", "the sandbox failed")), code=code)
    return None


def _whole(value: object) -> int:
    return value if isinstance(value, int) else -1
