"""The sandbox service in the test's own event loop, isolating for real.

async with sandbox_service(sandbox_max=2) as service:
    sandbox = await service.create()
    ran = await service.exec(sandbox, "echo hi")
"""

import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.http_service import serving

from janus_mesh.errors import Unavailable
from janus_sandbox import agents
from janus_sandbox.api import build_api
from janus_sandbox.backend import Backend
from janus_sandbox.choice import choose
from janus_sandbox.ingress import build_ingress
from janus_sandbox.sandboxes import Sandboxes
from janus_sandbox.service import assemble
from janus_sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True)
class SandboxService:
    """A client of the API and of the artifact port, and what is behind them."""

    client: httpx.AsyncClient
    ingress_url: str
    sandboxes: Sandboxes
    backend: Backend

    async def create(self, **fields: Any) -> str:
        """The id of a new sandbox."""
        answer = await self.client.post("/api/sandboxes", json=fields)
        assert answer.status_code == 201, answer.text
        sandbox_id: str = answer.json()["sandboxId"]
        return sandbox_id

    async def get(self, sandbox_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get(f"/api/sandboxes/{sandbox_id}")).json()
        return found

    async def exec(self, sandbox_id: str, command: str | list[str], **fields: Any) -> dict[str, Any]:
        answer = await self.post(sandbox_id, "exec", command=command, **fields)
        assert answer.status_code == 200, answer.text
        ran: dict[str, Any] = answer.json()
        return ran

    async def python(self, sandbox_id: str, program: str, **fields: Any) -> dict[str, Any]:
        """Runs a Python program inside."""
        return await self.exec(sandbox_id, ["python3", "-c", program], **fields)

    async def post(self, sandbox_id: str, what: str, **fields: Any) -> httpx.Response:
        return await self.client.post(f"/api/sandboxes/{sandbox_id}/{what}", json=fields)

    async def terminate(self, sandbox_id: str) -> dict[str, Any]:
        ended: dict[str, Any] = (await self.post(sandbox_id, "terminate")).json()
        return ended

    def group(self, sandbox_id: str) -> Any:
        """The control group that the kernel counts and bounds it by."""
        _, box = self.sandboxes.running(sandbox_id)
        return box._hold.group

    def bound(self, sandbox_id: str) -> int:
        """The most memory that the kernel lets it have, in bytes."""
        folder = self.group(sandbox_id).process_files[0].parent
        files = [folder / "memory.limit_in_bytes", folder / "memory.max"]
        (file,) = [file for file in files if file.exists()]
        return int(file.read_text())

    def processes(self, sandbox_id: str) -> list[int]:
        """All of its group, as the machine counts them, the first one first."""
        return sorted(int(pid) for pid in self.group(sandbox_id).process_files[0].read_text().split())

    async def agent(self, sandbox_id: str, **fields: Any) -> list[dict[str, Any]]:
        """The events of a whole run."""
        answer = await self.post(sandbox_id, "agent/run", **fields)
        assert answer.status_code == 200, answer.text
        return events_in(answer.text)


def alive(pids: list[int]) -> list[int]:
    """Those that still run; one that only waits to be collected by its parent does not."""
    return [pid for pid in pids if _state(pid) not in "ZX"]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def events_in(body: str) -> list[dict[str, Any]]:
    lines = body.replace("\r\n", "\n").split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def error_of(answer: httpx.Response) -> tuple[int, str | None, str]:
    """Status, field and code of a refusal."""
    error = answer.json()["error"]
    return answer.status_code, error["param"], error["code"]


@asynccontextmanager
async def sandbox_service(agent_table: Any = None, **fields: Any) -> AsyncIterator[SandboxService]:
    """The service with these settings: bubblewrap and no warm pool unless they say otherwise."""
    state = _state_folder()
    own = {"sandbox_backend": "bubblewrap", "sandbox_state": state, "sandbox_warm": 0, "sandy_api_key": ""}
    settings = SandboxSettings(**{**own, **fields})
    try:
        backend = await _backend(settings)
        sandboxes = assemble(settings, backend)
        sandboxes.open()
        try:
            api = build_api(settings, sandboxes, backend.isolation, agent_table or agents.AGENTS)
            async with (
                serving(api) as url,
                serving(build_ingress(sandboxes)) as ingress_url,
                httpx.AsyncClient(base_url=url, timeout=30, trust_env=False, verify=False) as client,
            ):
                yield SandboxService(client, ingress_url, sandboxes, backend)
        finally:
            await sandboxes.close()
            await backend.close()
    finally:
        shutil.rmtree(state)


def _state_folder() -> Path:
    """Not below pytest's own: the sandboxes' users must be able to pass through."""
    state = Path(tempfile.mkdtemp(prefix="janus-sandbox-"))
    state.chmod(0o711)
    return state


async def _backend(settings: SandboxSettings) -> Backend:
    try:
        return await choose(settings)
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"this machine cannot isolate: {error.message}")
