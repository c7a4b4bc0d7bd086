"""The platform services as the baseline's complex path sees them, each of whose answers a test can replace.

async with ScriptedPlatform() as platform:
    platform.run = agent(answer("done"))        # what `agent/run` says
    platform.refuse("/api/sandboxes", 503, "sandbox_unavailable")
"""

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import competitor_scripts as scripts
from .http_competitor import EVENT_STREAM, JSON, Asked, HttpCompetitor, Reply, Script

Json = dict[str, Any]
SANDBOX = "sb_1"
API = "/api/sandboxes"
COMPLETE: Json = {"type": "complete", "success": True, "exitCode": 0, "timedOut": False}


def line(step: str, **fields: Any) -> Json:
    """A step as the pack writes it, as the sandbox service passes it on."""
    return output(json.dumps({"janus": step, **fields}))


def output(text: str, stream: str = "stdout") -> Json:
    return {"type": "agent-output", "stream": stream, "data": text}


def agent(*said: Json) -> Script:
    """A run that says this and then completes, unless its end is among it."""
    ended = bool(said) and said[-1]["type"] in ("complete", "error")

    async def script(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        for event in (*said, *(() if ended else (COMPLETE,))):
            await reply.event(event)

    return script


def hanging_agent(said: Iterable[Json], at_work: asyncio.Event) -> Script:
    """A run that says this and never ends."""

    async def script(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        for event in said:
            await reply.event(event)
        at_work.set()
        await reply.stall()

    return script


class ScriptedPlatform(HttpCompetitor):
    """A platform with one sandbox, in which `files` are what the agent leaves."""

    def __init__(self) -> None:
        super().__init__(scripts.tokens("Hel", "lo"))
        self.run: Script = agent(line("answer", text="done"))
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, Script] = {}
        self.ended = asyncio.Event()

    def refuse(self, path: str, status: int, code: str) -> None:
        """Has a path answer with an error."""
        body = {"error": {"message": f"no: {code}", "code": code}}
        self.answers[path] = scripts.answer(status, json.dumps(body).encode())

    def script_for(self, asked: Asked) -> Script:
        if found := self.answers.get(asked.path):
            return found
        known = {
            API: _json(201, {"sandboxId": SANDBOX, "url": ""}),
            f"{API}/{SANDBOX}/files/write": _json(200, {}),
            f"{API}/{SANDBOX}/exec": _json(
                200, {"exitCode": 0, "stdout": "/pack/bin:/usr/bin", "stderr": ""}
            ),
            f"{API}/{SANDBOX}/agent/run": self.run,
            f"{API}/{SANDBOX}/files/list": self._list,
            f"{API}/{SANDBOX}/terminate": self._terminate,
            "/v1/artifacts": self._keep,
            "/v1/usage": _json(200, {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}),
        }
        prefix = f"{API}/{SANDBOX}/artifacts/"
        if asked.path.startswith(prefix):
            return scripts.answer(200, self.files[asked.path.removeprefix(prefix)])
        return known.get(asked.path) or super().script_for(asked)

    def calls(self, action: str) -> list[Asked]:
        """The calls of the sandbox for this, in order."""
        return [asked for asked in self.requests if asked.path == f"{API}/{SANDBOX}/{action}"]

    async def _list(self, reply: Reply) -> None:
        (asked,) = parse_qs(urlsplit(reply.asked.target).query)["path"]
        folder = f"{asked.removeprefix('/workspace/artifacts')}/".lstrip("/")
        within = [path.removeprefix(folder) for path in self.files if path.startswith(folder)]
        kinds = {path.partition("/")[0]: "directory" if "/" in path else "file" for path in within}
        await _json(200, {"entries": [{"name": name, "type": kind} for name, kind in kinds.items()]})(reply)

    async def _keep(self, reply: Reply) -> None:
        name = reply.asked.target.partition("name=")[2].partition("&")[0]
        described = {"id": f"artf_{name}", "url": f"{self.url}/v1/artifacts/artf_{name}", "sha256": "0" * 64}
        await _json(201, {**described, "size_bytes": len(reply.asked.body)})(reply)

    async def _terminate(self, reply: Reply) -> None:
        self.ended.set()
        await _json(200, {})(reply)


def _json(status: int, body: Json) -> Script:
    async def script(reply: Reply) -> None:
        await reply.body(status, JSON, json.dumps(body).encode())

    return script
