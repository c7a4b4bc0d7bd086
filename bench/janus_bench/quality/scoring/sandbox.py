"""A client of a Sandy-compatible sandbox service: one fresh sandbox for each program.

Refusals for want of room are waited out, up to a bound. What the program does to its sandbox is the program's
fault (`SandboxEnded`); what the service cannot do is `ScoringUnavailable`.
"""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from janus_bench.quality.task import ScoringUnavailable

_ROOM_SECONDS = 60.0
_CALL_SECONDS = 30.0
_ENDED_CODES = frozenset({"sandbox_gone", "process_limit"})


class SandboxEnded(Exception):
    """A program brought its sandbox to an end, or past its limits; says how."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program printed, and how it ended."""

    stdout: str
    stderr: str
    exit_code: int


class Sandbox:
    """The service; at most `concurrency` programs at once."""

    def __init__(self, client: httpx.AsyncClient, *, concurrency: int = 4) -> None:
        self._client = client
        self._places = asyncio.Semaphore(concurrency)

    async def run(self, contents: Mapping[str, str], command: Sequence[str], seconds: float) -> Ran:
        """Runs a command among these files; once more, elsewhere, when its sandbox ends under it."""
        async with self._places:
            try:
                return await self._once(contents, command, seconds)
            except SandboxEnded:
                return await self._once(contents, command, seconds)

    async def _once(self, contents: Mapping[str, str], command: Sequence[str], seconds: float) -> Ran:
        place = await self._create(seconds)
        try:
            for path, content in contents.items():
                body = {"path": path, "content": _base64(content), "encoding": "base64"}
                await self._call(f"{place}/files/write", body, _CALL_SECONDS)
            order = {"command": list(command), "timeoutMs": round(seconds * 1000)}
            ran = await self._call(f"{place}/exec", order, seconds + _CALL_SECONDS)
        finally:
            await self._terminate(place)
        try:
            return Ran(str(ran["stdout"]), str(ran["stderr"]), int(ran["exitCode"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ScoringUnavailable(f"the sandbox service answered a command without {error}") from None

    async def _create(self, seconds: float) -> str:
        body = {"flavor": "small", "preemptable": False, "ttlSeconds": seconds + 2 * _CALL_SECONDS}
        try:
            async with asyncio.timeout(_ROOM_SECONDS):
                # The service tells nobody when it has room.
                while (made := await self._try_create(body)) is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.25)
        except TimeoutError:
            raise ScoringUnavailable(f"no sandbox became free within {_ROOM_SECONDS:g} s") from None
        return f"/api/sandboxes/{made}"

    async def _try_create(self, body: Mapping[str, Any]) -> str | None:
        """The id of a new sandbox; None when there is no room now."""
        answer = await self._post("/api/sandboxes", body, _CALL_SECONDS)
        if answer.status_code == 429:
            return None
        if answer.is_success and isinstance(id_ := _object(answer).get("sandboxId"), str):
            return id_
        raise ScoringUnavailable(f"no sandbox could be made: {_told(answer)}")

    async def _call(self, path: str, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        answer = await self._post(path, body, seconds)
        if answer.is_success:
            return _object(answer)
        if _code(answer) in _ENDED_CODES:
            raise SandboxEnded(_told(answer))
        raise ScoringUnavailable(f"the sandbox service refused: {_told(answer)}")

    async def _terminate(self, place: str) -> None:
        """Frees the place at once; a service that cannot do it now ends the sandbox by its time to live."""
        try:
            await self._client.post(f"{place}/terminate", timeout=_CALL_SECONDS)
        except httpx.HTTPError:
            return

    async def _post(self, path: str, body: Mapping[str, Any], seconds: float) -> httpx.Response:
        try:
            return await self._client.post(path, json=body, timeout=seconds)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise ScoringUnavailable(f"the sandbox service does not answer: {said}") from error


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        raise ScoringUnavailable("the sandbox service did not answer in JSON") from None
    return body if isinstance(body, dict) else {}


def _error(answer: httpx.Response) -> dict[str, Any]:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _code(answer: httpx.Response) -> str:
    return str(_error(answer).get("code", ""))


def _told(answer: httpx.Response) -> str:
    return f"{answer.status_code} {_error(answer).get('message', answer.text[:200])}"
