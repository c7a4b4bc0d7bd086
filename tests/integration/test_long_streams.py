"""Streams that last, with long silences: compressed in every run, at full length by `make soak`."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from support.competitor_scripts import chunk, usage_chunk
from support.http_competitor import EVENT_STREAM, HttpCompetitor, Reply
from support.stack import Stack, free_port, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Pace:
    """How long everything lasts, in seconds."""

    silence: float
    spells: int
    gap_timeout: float

    @property
    def total(self) -> float:
        return self.silence * self.spells


FULL = Pace(silence=60.0, spells=5, gap_timeout=120.0)
COMPRESSED = Pace(silence=4.0, spells=2, gap_timeout=8.0)
PACE = FULL if os.environ.get("JANUS_SOAK") else COMPRESSED


async def taciturn(reply: Reply) -> None:
    """One word, a long silence, one word, ..."""
    await reply.head(200, EVENT_STREAM)
    await reply.event(chunk({"role": "assistant", "content": ""}))
    for spell in range(PACE.spells):
        await asyncio.sleep(PACE.silence)
        await reply.event(chunk({"content": f"word{spell} "}))
    await reply.event(chunk(finish="stop"))
    await reply.event(usage_chunk())
    await reply.event("[DONE]")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stack(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    registry = f"competitors:\n  - {{id: taciturn, url: 'http://127.0.0.1:{port}'}}\n"
    environment = {
        "JANUS_GAP_TIMEOUT": str(PACE.gap_timeout),
        "JANUS_TOTAL_TIMEOUT": str(PACE.total + 60),
    }
    with running(tmp_path_factory.mktemp("long"), registry, environment=environment) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="module", scope="module", autouse=True)
async def competitor(stack: Stack, port: int) -> AsyncIterator[HttpCompetitor]:
    async with HttpCompetitor(taciturn, port=port) as competitor:
        await asyncio.to_thread(stack.wait_for_competitor, "taciturn")
        yield competitor


@pytest.mark.timeout(PACE.total + 90)
async def test_silence_is_filled_with_pings_and_the_answer_arrives_whole(stack: Stack) -> None:
    request = {
        "model": "taciturn",
        "stream": True,
        "messages": [{"role": "user", "content": "take your time"}],
    }
    longest_gap, words, pings, last = 0.0, "", 0, time.monotonic()
    async with (
        httpx.AsyncClient(base_url=stack.url, timeout=30) as client,
        client.stream("POST", "/v1/chat/completions", json=request) as answer,
    ):
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            now = time.monotonic()
            longest_gap, last = max(longest_gap, now - last), now
            pings += line.startswith(": ping")
            words += line
    assert all(f"word{spell} " in words for spell in range(PACE.spells))
    assert words.endswith("data: [DONE]")
    assert pings >= PACE.total / 2 - PACE.spells
    print(f"{PACE.total:.0f} s of stream, longest gap {longest_gap:.2f} s, {pings} pings")
    assert longest_gap <= 2.5
