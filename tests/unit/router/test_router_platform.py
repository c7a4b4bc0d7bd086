"""Tokens that the router mints, and what it makes of the figures that the platform services metered."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.answers import ChatEvent, ask
from support.http_competitor import HttpCompetitor
from support.http_service import serving
from support.platform_gate import KEY, guarded

import janus_mesh as mesh
from janus_mesh.headers import TOKEN
from janus_mesh.request_token import verify
from janus_mesh.settings import StreamTimeouts
from janus_platform.app import build_app
from janus_platform.inference.provider import Endpoint, Provider
from janus_proto._gen.janus.chat.v1 import event_pb2


@asynccontextmanager
async def platform() -> AsyncIterator[str]:
    """Platform services over a provider whose every answer takes 3 and 2 tokens."""
    async with HttpCompetitor(scripts.tokens("a", "b")) as provider:
        backend = Provider(Endpoint(f"{provider.url}/v1", "sk"), model="", timeouts=StreamTimeouts())
        async with backend, serving(build_app(backend, max_body_bytes=4096, gate=guarded())) as url:
            yield url


def reporting(url: str, usage: event_pb2.Usage | None, *, calls: int = 1):
    """A competitor that asks the platform so often, and reports this whatever it took."""

    async def script(exchange: mesh.Exchange, _: object) -> None:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            for _ in range(calls):
                asked = {"model": "big", "messages": [], "stream": True}
                await client.post("/v1/chat/completions", json=asked, headers={TOKEN: exchange.token})
        await exchange.send(ChatEvent(content="done"))
        await exchange.send(ChatEvent(finish=event_pb2.Finish(usage=usage)))

    return script


async def usage_through(house, url: str, script) -> event_pb2.Usage:
    competitor = await house.competitor(script)
    router = await house.router({"id": "a", "url": competitor.url}, platform_key=KEY, platform_url=url)
    *_, last = await router.ask(ask("a"))
    return last.finish.usage


async def test_two_requests_of_one_client_id_have_accounts_of_their_own(house):
    tokens = []

    async def script(exchange: mesh.Exchange, _: object) -> None:
        tokens.append(exchange.token)
        await exchange.send(ChatEvent(finish=event_pb2.Finish()))

    competitor = await house.competitor(script)
    router = await house.router({"id": "a", "url": competitor.url}, platform_key=KEY, request_budget_usd=0.25)
    with mesh.logs.bound(request_id="req_mine"):
        await router.ask(ask("a"), deadline=20)

        await router.ask(ask("a"), deadline=20)

    first, second = (verify(KEY, token) for token in tokens)
    assert (first.competitor, first.request_id, first.budget_usd) == ("a", "req_mine", 0.25)
    assert second.request_id == "req_mine"
    assert first.attempt_id != second.attempt_id
    assert "req_mine" not in first.attempt_id


async def test_without_a_key_there_is_no_token(house):
    tokens = []

    async def script(exchange: mesh.Exchange, _: object) -> None:
        tokens.append(exchange.token)
        await exchange.send(ChatEvent(finish=event_pb2.Finish()))

    competitor = await house.competitor(script)
    router = await house.router({"id": "a", "url": competitor.url})
    await router.ask(ask("a"))
    assert tokens == [""]


@pytest.mark.parametrize("transport", ["link", "rpc"])
async def test_a_lie_is_overridden_and_flagged(house, monkeypatch, transport):
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", transport)
    lie = event_pb2.Usage(prompt_tokens=1, completion_tokens=1, total_tokens=2, cost_usd=0.0)
    async with platform() as url:
        with capture_logs() as lines:
            usage = await usage_through(house, url, reporting(url, lie, calls=2))

    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (6, 4, 10)
    assert usage.cost_usd == pytest.approx((6 * 0.25 + 4) / 1e6, abs=1e-6)
    assert json.loads(usage.extra_json)["janus"] == {
        "source": "metered",
        "reported": {"prompt_tokens": 1, "completion_tokens": 1, "cost_usd": 0.0},
    }
    (warning,) = [line for line in lines if "overridden" in line["event"]]
    assert warning["competitor"] == "a"


async def test_the_truth_is_left_alone_and_its_cost_added(house):
    truth = event_pb2.Usage(prompt_tokens=3, completion_tokens=2, total_tokens=5)
    async with platform() as url:
        usage = await usage_through(house, url, reporting(url, truth))
    assert (usage.prompt_tokens, usage.completion_tokens) == (3, 2)
    assert json.loads(usage.extra_json) == {"janus": {"source": "metered"}}
    assert usage.cost_usd > 0


async def test_who_reports_nothing_gets_the_metered_figures(house):
    async with platform() as url:
        usage = await usage_through(house, url, reporting(url, None))
    assert (usage.prompt_tokens, usage.completion_tokens) == (3, 2)
    assert json.loads(usage.extra_json) == {"janus": {"source": "metered"}}


async def test_figures_of_one_who_asked_nothing_of_the_platform_are_marked_as_its_own(house):
    claim = event_pb2.Usage(prompt_tokens=7, completion_tokens=8, total_tokens=15, cost_usd=0.5)
    async with platform() as url:
        usage = await usage_through(house, url, reporting(url, claim, calls=0))
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cost_usd) == (7, 8, 0.5)
    assert json.loads(usage.extra_json) == {"janus": {"source": "reported"}}


async def test_figures_that_are_no_numbers_and_extras_that_are_no_json_do_no_harm(house):
    odd = event_pb2.Usage(prompt_tokens=1, cost_usd=float("nan"), extra_json="[1")
    async with platform() as url:
        usage = await usage_through(house, url, reporting(url, odd))
    assert json.loads(usage.extra_json)["janus"]["reported"]["cost_usd"] is None
    assert usage.completion_tokens == 2


async def test_a_platform_that_is_away_costs_nothing_but_the_figures(house):
    claim = event_pb2.Usage(prompt_tokens=7, completion_tokens=8, total_tokens=15)

    async def script(exchange: mesh.Exchange, _: object) -> None:
        await exchange.send(ChatEvent(finish=event_pb2.Finish(usage=claim)))

    async with asyncio.timeout(5):
        usage = await usage_through(house, "http://127.0.0.1:9", script)
    assert usage.prompt_tokens == 7
