"""What is asked of llama.cpp's server, and what is made of a server that fails."""

from typing import Any

import httpx
import orjson
import pytest
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor, Script

from janus_mesh.errors import InvalidRequest, JanusError, Unavailable
from janus_platform.inference.embedded.generation import Order, Piece, Usage, generate, order
from janus_platform.inference.embedded.request import ChatRequest

HI = {"messages": [{"role": "user", "content": "hi"}]}


def body_of(choice: int = 0, **fields: Any) -> dict[str, Any]:
    """The body that is sent for one choice of a request."""
    asked: dict[str, Any] = orjson.loads(order(ChatRequest.model_validate(HI | fields), [], choice).body)
    return asked


async def generated(script: Script) -> list[Piece | Usage]:
    async with (
        HttpCompetitor(script) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False) as client,
    ):
        return [part async for part in generate(client, Order(b"{}", "tools"), gap_timeout=0.2)]


async def failure(script: Script) -> JanusError:
    with pytest.raises(JanusError) as caught:
        await generated(script)
    return caught.value


def test_only_known_fields_reach_the_runtime() -> None:
    assert set(body_of(grammar="x", n_predict=3, temperature=0.5, stop="a", n=2)) == {
        "messages",
        "temperature",
        "stop",
        "cache_prompt",
        "stream",
        "return_progress",
        "stream_options",
    }


def test_an_answer_that_must_come_again_uses_no_cache() -> None:
    assert body_of(temperature=0)["cache_prompt"] is False
    assert body_of(seed=1)["cache_prompt"] is False
    assert body_of(temperature=0.7)["cache_prompt"] is True


@pytest.mark.parametrize("seed", [0, -1, 2**32 - 1, 2**40])
def test_each_choice_has_a_seed_of_its_own_that_llama_cpp_takes(seed: int) -> None:
    seeds = [body_of(choice, seed=seed)["seed"] for choice in range(3)]
    assert len(set(seeds)) == 3
    assert all(0 <= each < 2**32 - 1 for each in seeds)


async def test_pieces_come_and_then_the_usage() -> None:
    *pieces, usage = await generated(scripts.tokens("Hel", "lo"))
    assert "".join(piece.text for piece in pieces if isinstance(piece, Piece)) == "Hello"
    assert usage == Usage(3, 2)


@pytest.mark.parametrize("fault", ["end-without-finish", "done-without-finish", "error-mid-stream"])
async def test_an_answer_that_does_not_end_is_a_failure(fault: str) -> None:
    error = await failure(scripts.FAULTS[fault])
    assert isinstance(error, Unavailable)
    assert error.code == "model_failed"


@pytest.mark.parametrize("fault", ["reset-before-head", "reset-mid-stream", "hang-mid-stream"])
async def test_a_process_that_breaks_off_is_unavailable(fault: str) -> None:
    error = await failure(scripts.FAULTS[fault])
    assert isinstance(error, Unavailable)
    assert error.code == "model_unavailable"


async def test_a_refusal_keeps_its_words() -> None:
    error = await failure(scripts.refusal(400, "Field 'stop' is odd", code=400))
    assert isinstance(error, InvalidRequest)
    assert error.message == "Field 'stop' is odd"


async def test_a_fault_of_the_runtime_is_not_the_callers() -> None:
    assert isinstance(await failure(scripts.refusal(500, "no kv cell", code=500)), Unavailable)
