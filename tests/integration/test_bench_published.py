"""From a question to the leaderboard: a run by the bench's own command, signed, handed in, ranked."""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from support.competitor_scripts import tokens
from support.http_competitor import HttpCompetitor
from support.stack import Stack, running

from janus_bench.quality.bundle import signing_key

BENCH = Path(sys.executable).parent / "janus-bench"
REGISTRY = """
competitors:
  - id: scripted
    url: {url}
"""


@asynccontextmanager
async def trusting(key: Path, folder: Path) -> AsyncIterator[Stack]:
    """A stack with one competitor that takes in what is signed by this key."""
    public = base64.b64encode(signing_key(key).public_key().public_bytes_raw()).decode()
    environment = {"JANUS_COMPETITION_TRUSTED_KEYS": public}
    async with HttpCompetitor(tokens("Oslo", ".")) as competitor:
        registry = REGISTRY.format(url=competitor.url)
        starting = running(folder, registry, more=["competition"], environment=environment)
        # In threads: the competitor, which runs here, must be able to answer meanwhile.
        stack = await asyncio.to_thread(starting.__enter__)
        try:
            await asyncio.to_thread(stack.wait_for_competitor, "scripted")
            yield stack
        finally:
            await asyncio.to_thread(starting.__exit__, None, None, None)


async def bench(*words: object) -> tuple[int, str]:
    """Exit status and all that was printed."""
    process = await asyncio.create_subprocess_exec(
        BENCH, *map(str, words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(40):
        printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def leaderboard(stack: Stack) -> list[dict[str, Any]]:
    """Empty while nothing of the suite is published."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{stack.url}/api/competition/leaderboard", params={"suite": "public/dev"})
    if answer.status_code == 404:
        return []
    entries: list[dict[str, Any]] = answer.raise_for_status().json()["entries"]
    return entries


async def test_a_run_is_asked_signed_handed_in_and_ranked(tmp_path: Path) -> None:
    key, saved = tmp_path / "key.pem", tmp_path / "run.json"
    asking = ("run", "--model", "scripted", "--benchmark", "chat", "--subset", "6", "--output", saved)
    async with trusting(key, tmp_path) as stack:
        status, printed = await bench(*asking, "--target", stack.url)
        assert status == 0, printed
        status, printed = await bench("publish", saved, "--edge", stack.url, "--key", tmp_path / "other.pem")
        assert status == 2, printed
        assert "403" in printed
        assert await leaderboard(stack) == []
        status, printed = await bench("publish", saved, "--edge", stack.url, "--key", key)
        assert status == 0, printed
        (entry,) = await leaderboard(stack)
    assert entry["competitor_id"] == "scripted"
    assert entry["score"]["low"] <= entry["score"]["value"] <= entry["score"]["high"]
