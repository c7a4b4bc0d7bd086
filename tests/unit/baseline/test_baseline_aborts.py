"""A client that leaves stops the inference, in whichever phase."""

import asyncio
from typing import Any

import pytest
from support import competitor_scripts as scripts
from support.baseline import ASKED, CHAT, STREAMED, Baseline, baseline
from support.http_competitor import Script


async def left_the_proxy(running: Baseline) -> None:
    """Returns when the proxy's connection is closed."""
    async with asyncio.timeout(2):
        await (await running.inference.asked()).disconnected.wait()


@pytest.mark.parametrize("asked", [ASKED, STREAMED], ids=["whole", "stream"])
async def test_before_the_head(asked: dict[str, Any]) -> None:
    async with baseline(scripts.hang_before_head) as running:
        call = asyncio.create_task(running.client.post(CHAT, json=asked))
        while not running.inference.requests:
            await running.client.get("/v1/models")
        call.cancel()
        await left_the_proxy(running)


@pytest.mark.parametrize(
    "script", [scripts.hang_before_first_event, scripts.pings_before_first_event], ids=["silent", "pings"]
)
async def test_between_head_and_first_event(script: Script) -> None:
    async with baseline(script) as running:
        call = asyncio.create_task(running.client.post(CHAT, json=STREAMED))
        while not running.inference.requests:
            await running.client.get("/v1/models")
        call.cancel()
        await left_the_proxy(running)


@pytest.mark.parametrize("script", [scripts.hang_mid_stream, scripts.flood], ids=["silent", "flooding"])
async def test_in_the_middle_of_a_stream(script: Script) -> None:
    async with baseline(script) as running:
        async with running.client.stream("POST", CHAT, json=STREAMED) as answer:
            await anext(answer.aiter_bytes())
        await left_the_proxy(running)


async def test_it_is_counted_as_aborted() -> None:
    async with baseline(scripts.hang_mid_stream) as running:
        async with running.client.stream("POST", CHAT, json=STREAMED) as answer:
            await anext(answer.aiter_bytes())
        while 'end="aborted"' not in (await running.client.get("/metrics")).text:
            pass
