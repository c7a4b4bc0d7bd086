"""A caller that leaves frees the embedded model, whatever it was at.

What llama.cpp itself says of its slots counts. Every answer here would take minutes if nobody stopped it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from support.inference_platform import CHAT, RealModel, question

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("embedded-model")]

LONG_PROMPT = {"text": "word " * 900, "max_tokens": 100}
LONG_ANSWER = {"text": "Tell me a very long story about a cat.", "max_tokens": 900}


@asynccontextmanager
async def asked(model: RealModel, **fields: object) -> AsyncIterator[asyncio.Task[httpx.Response]]:
    """A call under way at its slot; leaving the block drops it."""
    before = await model.busy_slots()
    call = asyncio.create_task(model.client.post(CHAT, json=question(**fields)))
    try:
        while await model.busy_slots() == before and not call.done():
            pass
        yield call
    finally:
        call.cancel()
        await asyncio.wait([call])


async def freed(model: RealModel) -> None:
    """Returns when no slot is busy."""
    async with asyncio.timeout(5):
        while await model.busy_slots():
            pass


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_while_the_prompt_is_read(model: RealModel, stream: bool) -> None:
    async with asked(model, stream=stream, **LONG_PROMPT) as call:
        assert not call.done()
    await freed(model)


async def test_while_a_whole_answer_is_made(model: RealModel) -> None:
    async with asked(model, **LONG_ANSWER) as call:
        assert not call.done()
    await freed(model)


async def test_in_the_middle_of_a_stream(model: RealModel) -> None:
    async with model.client.stream("POST", CHAT, json=question(stream=True, **LONG_ANSWER)) as answer:
        await anext(answer.aiter_bytes())
        assert await model.busy_slots() == 1
    await freed(model)


async def test_all_choices_stop(model: RealModel) -> None:
    async with model.client.stream("POST", CHAT, json=question(stream=True, n=3, **LONG_ANSWER)) as answer:
        await anext(answer.aiter_bytes())
    await freed(model)


async def test_a_caller_that_waited_never_reaches_the_model(model: RealModel) -> None:
    async with asked(model, **LONG_ANSWER), asked(model, **LONG_ANSWER):
        waiting = asyncio.create_task(model.client.post(CHAT, json=question(**LONG_ANSWER)))
        while "janus_embedded_calls 3.0" not in (await model.client.get("/metrics")).text:
            pass
        waiting.cancel()
        await asyncio.wait([waiting])
    await freed(model)
    assert "Paris" in (await model.chat())["choices"][0]["message"]["content"]


async def test_the_next_call_is_answered(model: RealModel) -> None:
    async with asked(model, stream=True, **LONG_PROMPT):
        pass
    assert "Paris" in (await model.chat())["choices"][0]["message"]["content"]
