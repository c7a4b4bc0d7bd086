"""Large bodies are parsed in a process of their own, with the same result and the same errors as here."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.edge_stack import chat

from janus_edge.intake.parser import Parser
from janus_mesh.errors import Internal, InvalidRequest, Overloaded
from janus_mesh.openai import parse_chat_request

SOON = 60  # a process starts in 1 s, on a busy machine in ten
# Large enough for the worker.
LARGE = "x" * 100_000


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    parser = Parser()
    async with asyncio.timeout(SOON):
        yield parser
    await parser.close()


def body(**fields: Any) -> bytes:
    return json.dumps(chat(**fields)).encode()


def children() -> set[int]:
    """Processes that this one has started."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    return {int(pid) for pid in listed.split()}


@pytest.mark.parametrize(
    "large",
    [
        body(text=LARGE, stream=True, stream_options={"include_usage": True}),
        body(text=LARGE, x=2**64 + 1, logit_bias={"1": 2.5}, metadata={"a": "b"}),
        body(x=[1] * 20_000),
        body(text="é\U0001f600" * 50_000, tools=[]),
    ],
)
async def test_the_worker_reads_what_is_read_here(parser: Parser, large: bytes) -> None:
    before = children()
    assert await parser.parse(large) == parse_chat_request(large)
    assert len(children() - before) == 1


async def test_small_bodies_need_no_process(parser: Parser) -> None:
    before = children()
    assert (await parser.parse(body(text="hi"))).request.model == "m"
    assert children() == before


async def test_a_small_body_of_many_values_goes_to_the_worker(parser: Parser) -> None:
    before = children()
    await parser.parse(body(x=[1] * 5_000))
    assert len(children() - before) == 1


@pytest.mark.parametrize(
    "large",
    [
        b"[" + b"1," * 200_000 + b"1]",
        body(text=LARGE, temperature=3),
        body(text=LARGE)[:-1],
        body(text=LARGE, x=10**1000),
        body(text=LARGE, logit_bias={str(token): 1 for token in range(2000)}),
    ],
)
async def test_the_worker_refuses_as_it_is_refused_here(parser: Parser, large: bytes) -> None:
    with pytest.raises(InvalidRequest) as here:
        parse_chat_request(large)
    with pytest.raises(InvalidRequest) as there:
        await parser.parse(large)
    assert there.value.openai_body() == here.value.openai_body()


async def test_bodies_at_the_same_time_get_their_own_results(parser: Parser) -> None:
    texts = [str(number) * 70_000 for number in range(5)]
    parsed = await asyncio.gather(*(parser.parse(body(text=text)) for text in texts))
    assert [result.request.messages[0].text for result in parsed] == texts


async def test_a_caller_that_leaves_does_not_disturb_the_next(parser: Parser) -> None:
    await parser.parse(body(text=LARGE))
    leaving = asyncio.create_task(parser.parse(body(text="a" * 5_000_000)))
    waiting = asyncio.create_task(parser.parse(body(text="b" * 100_000)))
    while not parser._turn.locked():
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    before = children()
    leaving.cancel()
    assert (await waiting).request.messages[0].text == "b" * 100_000
    assert leaving.cancelled()
    assert children() == before


async def test_a_worker_that_dies_costs_one_request_and_is_replaced(parser: Parser) -> None:
    before = children()
    await parser.parse(body(text=LARGE))
    (worker,) = children() - before
    os.kill(worker, signal.SIGSTOP)
    doomed = asyncio.create_task(parser.parse(body(text=LARGE)))
    while not parser._turn.locked():
        await asyncio.sleep(0)
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(Internal):
        await doomed
    assert (await parser.parse(body(text=LARGE))).request.model == "m"


async def test_a_worker_that_hangs_is_ended(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    before = children()
    await parser.parse(body(text=LARGE))
    (worker,) = children() - before
    os.kill(worker, signal.SIGSTOP)
    monkeypatch.setattr("janus_edge.intake.parser._SECONDS", 0.05)
    with pytest.raises(Overloaded, match="could not be parsed within"):
        await parser.parse(body(text=LARGE))
    assert worker not in children()


async def test_more_waiting_bodies_than_places_are_refused(
    parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("janus_edge.intake.parser._MAX_WAITING", 1)
    first = asyncio.create_task(parser.parse(body(text=LARGE)))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="wait to be parsed"):
        await parser.parse(body(text=LARGE))
    await first


async def test_closing_ends_the_worker() -> None:
    parser = Parser()
    before = children()
    await parser.start()
    (worker,) = children() - before
    await parser.close()
    assert worker not in children()
