"""The gate: who calls, may they, what it took, and the line that is written of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor, Script
from support.inference_platform import CHAT, events_in, platform_over
from support.platform_gate import KEY, egress_lines, guarded, shown, token

from janus_mesh.settings import StreamTimeouts
from janus_platform.gate.account import Tokens
from janus_platform.gate.gate import Gate
from janus_platform.gate.prices import load_prices
from janus_platform.inference.provider import Endpoint, Provider
from janus_platform.settings import PlatformSettings

ASKED = {"model": "big", "messages": [{"role": "user", "content": "hi"}]}
STREAMED = {**ASKED, "stream": True}


@asynccontextmanager
async def platform(
    gate: Gate, answers: Script | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, HttpCompetitor]]:
    """The platform behind this gate, over a provider that answers so."""
    async with HttpCompetitor(answers or scripts.tokens("a", "b")) as provider:
        backend = Provider(Endpoint(f"{provider.url}/v1", "sk"), model="", timeouts=StreamTimeouts())
        async with platform_over(backend, gate=gate) as client:
            yield client, provider


# Who calls.


async def test_a_call_without_a_token_is_anonymous() -> None:
    async with platform(guarded()) as (client, _):
        with egress_lines() as lines:
            answer = await client.post(CHAT, json=STREAMED)
    assert answer.status_code == 200
    assert [line["identity"] for line in lines] == ["anonymous"]


async def test_a_call_with_a_token_is_the_competitors_and_has_the_requests_id() -> None:
    async with platform(guarded()) as (client, _):
        with egress_lines() as lines:
            await client.post(CHAT, json=STREAMED, headers=shown("my-agent", "req_7"))
    assert [(line["identity"], line["request_id"]) for line in lines] == [("my-agent", "req_7")]


async def test_the_token_may_come_as_an_openai_key() -> None:
    async with platform(guarded(require_token=True)) as (client, _):
        answer = await client.post(CHAT, json=STREAMED, headers={"authorization": f"Bearer {token()}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "token_missing"),
        ({"authorization": "Bearer sk-some-key"}, "token_missing"),
        ({"x-janus-token": "rubbish"}, "invalid_token"),
        (shown(key="x" * 32), "invalid_token"),
    ],
    ids=["none", "a provider's key", "rubbish", "another key"],
)
async def test_where_tokens_are_required_nothing_goes_out_without_a_good_one(headers, code) -> None:
    async with platform(guarded(require_token=True)) as (client, provider):
        with egress_lines() as lines:
            answer = await client.post(CHAT, json=ASKED, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert [(line["verdict"], line["code"]) for line in lines] == [("refused", code)]
    assert provider.requests == []


async def test_a_bad_token_is_refused_even_where_none_is_needed() -> None:
    async with platform(guarded()) as (client, _):
        answer = await client.post(CHAT, json=ASKED, headers={"x-janus-token": "rubbish"})
    assert answer.status_code == 401


def test_requiring_tokens_without_a_key_is_a_mistake(monkeypatch) -> None:
    monkeypatch.setenv("JANUS_PLATFORM_REQUIRE_TOKEN", "1")
    with pytest.raises(ValueError, match="needs JANUS_PLATFORM_KEY"):
        PlatformSettings()


# How often, and for how much.


async def test_a_request_that_calls_too_often_is_told_when_to_come_back() -> None:
    async with platform(guarded(per_second=0.5, burst=2)) as (client, _):
        answers = [await client.get("/v1/models", headers=shown()) for _ in range(3)]
        others = await client.get("/v1/models", headers=shown(request="req_2"))
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert answers[-1].headers["retry-after"] == "2"
    assert others.status_code == 404


async def test_without_a_token_nobody_is_counted() -> None:
    async with platform(guarded(per_second=0.5, burst=1)) as (client, _):
        answers = [await client.get("/v1/models") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {404}


async def test_a_request_has_only_so_many_calls_under_way() -> None:
    async with platform(guarded(), scripts.hang_before_head) as (client, _):
        calls = [asyncio.create_task(client.post(CHAT, json=STREAMED, headers=shown())) for _ in range(33)]
        (refused,), waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert refused.result().status_code == 429
        for call in waiting:
            call.cancel()
        await asyncio.wait(waiting)


async def test_a_request_that_has_spent_its_budget_gets_402() -> None:
    async with platform(guarded()) as (client, provider):
        headers = shown(budget=1e-6)
        first = await client.post(CHAT, json=STREAMED, headers=headers)
        with egress_lines() as lines:
            second = await client.post(CHAT, json=STREAMED, headers=headers)
    assert (first.status_code, second.status_code) == (200, 402)
    assert second.json()["error"]["code"] == "insufficient_quota"
    assert [line["verdict"] for line in lines] == ["refused"]
    assert len(provider.requests) == 1


async def test_a_budget_is_its_own_requests() -> None:
    async with platform(guarded()) as (client, _):
        await client.post(CHAT, json=STREAMED, headers=shown(budget=1e-6))
        other = await client.post(CHAT, json=STREAMED, headers=shown(request="req_2", budget=1e-6))
    assert other.status_code == 200


# What it took.


async def used(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, object]:
    answer = await client.get("/v1/usage", headers=headers)
    assert answer.status_code == 200
    body: dict[str, object] = answer.json()
    return body


async def test_tokens_and_cost_are_metered_by_request() -> None:
    async with platform(guarded()) as (client, _):
        for request in ("req_1", "req_1", "req_2"):
            await client.post(CHAT, json=STREAMED, headers=shown(request=request))
        account = await used(client, shown())
    assert (account["prompt_tokens"], account["completion_tokens"], account["calls"]) == (6, 4, 2)
    assert account["cost_usd"] == pytest.approx((6 * 0.25 + 4 * 1.0) / 1e6, abs=1e-7)
    assert account["estimated"] is False


async def test_leaving_include_usage_out_does_not_leave_the_meter_out() -> None:
    async with platform(guarded()) as (client, provider):
        answer = await client.post(CHAT, json=STREAMED, headers=shown())
        account = await used(client, shown())
    assert provider.requests[0].json["stream_options"] == {"include_usage": True}
    assert account["completion_tokens"] == 2
    assert all(event == "[DONE]" or event["choices"] for event in events_in(answer.text))


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"other": 1}])
async def test_options_of_a_stream_stay_beside_what_the_meter_needs(options) -> None:
    async with platform(guarded()) as (client, provider):
        await client.post(CHAT, json={**STREAMED, "stream_options": options})
    assert provider.requests[0].json["stream_options"] == {**(options or {}), "include_usage": True}


async def test_who_asked_for_usage_gets_it() -> None:
    async with platform(guarded()) as (client, _):
        asked = {**STREAMED, "stream_options": {"include_usage": True}}
        answer = await client.post(CHAT, json=asked)
    assert events_in(answer.text)[-2]["usage"]["completion_tokens"] == 2


async def test_a_stream_that_its_caller_left_is_charged_by_estimate() -> None:
    async with platform(guarded(), scripts.hang_mid_stream) as (client, provider):
        async with client.stream("POST", CHAT, json=STREAMED, headers=shown()) as answer:
            await anext(answer.aiter_raw())
        await (await provider.asked()).disconnected.wait()
        account = await used(client, shown())
    assert account["estimated"] is True
    assert account["completion_tokens"] >= 1
    assert account["live_calls"] == 0


async def test_usage_is_told_to_the_holder_of_the_token_alone() -> None:
    async with platform(guarded()) as (client, _):
        assert (await client.get("/v1/usage")).status_code == 401


async def test_every_line_says_who_where_what_and_how_much() -> None:
    async with platform(guarded()) as (client, _):
        with egress_lines() as lines:
            await client.post(CHAT, json=STREAMED, headers=shown())
    (line,) = lines
    assert (line["service_called"], line["destination"], line["verdict"]) == (
        "chat",
        "model:provider",
        "allowed",
    )
    assert line["bytes_sent"] > 0
    assert line["bytes_received"] > 0
    assert line["cost_usd"] > 0


# Prices.


def test_the_first_pattern_that_fits_decides(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(
        '[[models]]\nname = "big-*"\nprompt_per_million = 2\ncompletion_per_million = 4\n'
        '[[models]]\nname = "*"\nprompt_per_million = 1\ncompletion_per_million = 1\n'
    )
    prices = load_prices(file)
    assert prices.tokens("Big-1", Tokens(1_000_000, 1_000_000)) == 6
    assert prices.tokens("small", Tokens(1_000_000, 0)) == 1


CACHE_PRICES = (
    '[[models]]\nname = "*"\nprompt_per_million = 10\ncompletion_per_million = 100\n'
    "cached_prompt_per_million = 1\ncache_write_per_million = 12\n"
)


def test_cached_prompt_tokens_have_a_price_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(CACHE_PRICES)
    tokens = Tokens(1_000_000, 0, cached=600_000, cache_written=100_000)
    assert load_prices(file).tokens("any", tokens) == pytest.approx(3 + 0.6 + 1.2)


def test_without_a_price_of_their_own_cached_tokens_cost_as_the_others() -> None:
    prices = load_prices(None)
    assert prices.tokens("any", Tokens(1000, 0, cached=900)) == prices.tokens("any", Tokens(1000, 0))


async def test_what_the_provider_had_cached_is_charged_as_such(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(CACHE_PRICES)
    usage = {
        "prompt_tokens": 1000,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 900},
        "completion_tokens_details": {"reasoning_tokens": 40},
    }
    body = {**scripts.message(), "usage": usage}
    gate = replace(guarded(), prices=load_prices(file))
    async with platform(gate, scripts.completion(body)) as (client, _):
        await client.post(CHAT, json=ASKED, headers=shown())
        account = await used(client, shown())
    assert (account["cached_tokens"], account["completion_tokens"]) == (900, 50)
    assert account["cost_usd"] == pytest.approx((100 * 10 + 900 * 1 + 50 * 100) / 1e6)


@pytest.mark.parametrize("completion", [-35, 2.5, 10**12])
async def test_figures_that_cannot_be_right_are_estimated(completion: object) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": completion}
    async with platform(guarded(), scripts.completion({**scripts.message(), "usage": usage})) as (client, _):
        answer = await client.post(CHAT, json=ASKED, headers=shown())
        account = await used(client, shown())
    assert answer.status_code == 200
    assert account["estimated"] is True
    assert 0 < account["completion_tokens"] < 1000
    assert account["cost_usd"] < 0.01


def test_the_embedded_models_cost_nothing() -> None:
    prices = load_prices(None)
    assert prices.tokens("smollm2-135m-instruct", Tokens(1000, 1000)) == 0


@pytest.mark.parametrize("text", ["not toml", "", "[[models]]\nname = 'a'", "[calls]\nfetch = -1"])
def test_a_table_with_anything_wrong_in_it_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(OSError, match="is no price table"):
        load_prices(file)


def test_the_key_is_the_one_that_the_settings_take(monkeypatch) -> None:
    monkeypatch.setenv("JANUS_PLATFORM_KEY", KEY)
    assert PlatformSettings().platform_key.get_secret_value() == KEY
