"""`POST /v1/usage/close`: what a finished attempt took is final, and nothing more is spent on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor, Reply, Script
from support.inference_platform import CHAT, platform_over
from support.platform_gate import KEY, guarded, shown

from janus_mesh.errors import Overloaded
from janus_mesh.headers import TOKEN
from janus_mesh.request_token import mint, verify
from janus_mesh.settings import StreamTimeouts
from janus_platform.gate import ledger as ledger_module
from janus_platform.gate.gate import Gate
from janus_platform.gate.ledger import Ledger
from janus_platform.inference.provider import Endpoint, Provider

STREAMED = {"model": "big", "messages": [{"role": "user", "content": "hi " * 40}], "stream": True}
WHOLE = {**STREAMED, "stream": False}
CLOSE = "/v1/usage/close"


@asynccontextmanager
async def platform(
    answers: Script, gate: Gate | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, HttpCompetitor]]:
    async with HttpCompetitor(answers) as provider:
        backend = Provider(Endpoint(f"{provider.url}/v1", "sk"), model="", timeouts=StreamTimeouts())
        async with platform_over(backend, gate=gate or guarded(require_token=True)) as client:
            yield client, provider


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls under way at a close are ended almost at once."""
    monkeypatch.setattr(ledger_module, "_CLOSING_SECONDS", 0.05)


async def close(client: httpx.AsyncClient, **who: object) -> dict[str, object]:
    answer = await client.post(CLOSE, headers=shown(**who))
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


async def test_the_answer_has_the_figures_and_says_that_they_are_final() -> None:
    async with platform(scripts.tokens("a", "b")) as (client, _):
        await client.post(CHAT, json=STREAMED, headers=shown())
        final = await close(client)
    assert (final["closed"], final["live_calls"]) == (True, 0)
    assert (final["prompt_tokens"], final["completion_tokens"], final["inference_calls"]) == (3, 2, 1)


async def test_a_second_close_says_the_same() -> None:
    async with platform(scripts.tokens("a", "b")) as (client, _):
        await client.post(CHAT, json=STREAMED, headers=shown())
        once, twice = await asyncio.gather(close(client), close(client))
        thrice = await close(client)
    assert once == twice == thrice


async def test_a_closed_attempt_can_do_nothing_more() -> None:
    async with platform(scripts.tokens("a")) as (client, provider):
        await close(client)
        refused = [
            await client.post(CHAT, json=STREAMED, headers=shown()),
            await client.get("/v1/models", headers=shown()),
            await client.get("/v1/usage", headers=shown()),
        ]
    assert {(one.status_code, one.json()["error"]["code"]) for one in refused} == {(401, "token_closed")}
    assert provider.requests == []


async def test_another_token_of_the_attempt_does_not_open_it_again() -> None:
    async with platform(scripts.tokens("a")) as (client, _):
        await close(client)
        later = {TOKEN: mint(KEY, "my-agent", "req_1", lifetime=600, budget_usd=9)}
        refused = await client.post(CHAT, json=STREAMED, headers=later)
    assert refused.json()["error"]["code"] == "token_closed"


async def test_other_attempts_go_on() -> None:
    async with platform(scripts.tokens("a")) as (client, _):
        await close(client)
        same_client_id = mint(KEY, "my-agent", "att_2", lifetime=60, budget_usd=1, request_id="req_1")
        other = await client.post(CHAT, json=STREAMED, headers={TOKEN: same_client_id})
        competitor = await client.post(CHAT, json=STREAMED, headers=shown("other"))
    assert (other.status_code, competitor.status_code) == (200, 200)


async def test_closing_needs_a_good_token() -> None:
    async with platform(scripts.tokens("a")) as (client, _):
        answers = [await client.post(CLOSE), await client.post(CLOSE, headers={TOKEN: "x.y.z"})]
    assert [one.status_code for one in answers] == [401, 401]


async def test_closing_is_not_held_up_by_a_spent_budget_or_rate() -> None:
    gate = guarded(require_token=True, per_second=0.001, burst=1)
    async with platform(scripts.tokens("a", "b"), gate) as (client, _):
        await client.post(CHAT, json=STREAMED, headers=shown(budget=1e-9))
        assert (await close(client, budget=1e-9))["completion_tokens"] == 2


async def test_a_stream_under_way_is_ended_at_the_provider_and_charged_by_estimate() -> None:
    async with platform(scripts.hang_mid_stream) as (client, provider):
        async with client.stream("POST", CHAT, json=STREAMED, headers=shown()) as answer:
            pieces = answer.aiter_raw()
            await anext(pieces)
            final = await close(client)
            await (await provider.asked()).disconnected.wait()
            rest = b"".join([piece async for piece in pieces])
        again = await close(client)
    assert b"token_closed" in rest
    assert b"[DONE]" not in rest
    assert (final["estimated"], final["live_calls"]) == (True, 0)
    assert final["completion_tokens"] >= 1
    assert final["prompt_tokens"] > 20
    assert again == final


async def test_a_call_whose_answer_has_not_begun_is_ended_and_charged_for_its_prompt() -> None:
    async with platform(scripts.hang_before_head) as (client, provider):
        calling = asyncio.create_task(client.post(CHAT, json=WHOLE, headers=shown()))
        asked = await provider.asked()
        final = await close(client)
        await asked.disconnected.wait()
        refused = await calling
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_closed")
    assert (final["estimated"], final["completion_tokens"]) == (True, 0)
    assert final["prompt_tokens"] > 20
    assert final["cost_usd"] > 0


async def test_leaving_before_the_answer_begins_is_not_free() -> None:
    async with platform(scripts.hang_before_head) as (client, provider):
        calling = asyncio.create_task(client.post(CHAT, json=WHOLE, headers=shown()))
        asked = await provider.asked()
        calling.cancel()
        await asked.disconnected.wait()
        final = await close(client)
    assert final["prompt_tokens"] > 20


async def test_a_call_that_ends_within_the_bound_is_charged_as_the_provider_says(monkeypatch) -> None:
    monkeypatch.setattr(ledger_module, "_CLOSING_SECONDS", 30.0)
    go = asyncio.Event()

    async def slowly(reply: Reply) -> None:
        await go.wait()
        await scripts.tokens("a", "b")(reply)

    async with platform(slowly) as (client, provider):
        calling = asyncio.create_task(client.post(CHAT, json=STREAMED, headers=shown()))
        await provider.asked()
        closing = asyncio.create_task(close(client))
        while (await client.get("/v1/usage", headers=shown())).status_code != 401:
            pass
        go.set()
        final, answer = await closing, await calling
    assert answer.status_code == 200
    assert (final["completion_tokens"], final["estimated"]) == (2, False)


async def test_a_body_that_is_still_being_sent_holds_nothing_up() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with platform(scripts.tokens("a")) as (client, _):
        sending = asyncio.create_task(
            client.post(CHAT, content=endless(), headers={**shown(), "content-type": "application/json"})
        )
        while (await client.get("/v1/usage", headers=shown())).json()["live_calls"] != 1:
            pass
        final = await close(client)
        sending.cancel()
    assert final["live_calls"] == 0


async def test_a_router_that_leaves_does_not_stop_the_close(monkeypatch) -> None:
    monkeypatch.setattr(ledger_module, "_CLOSING_SECONDS", 0.2)
    async with platform(scripts.hang_before_head) as (client, provider):
        calling = asyncio.create_task(client.post(CHAT, json=WHOLE, headers=shown()))
        asked = await provider.asked()
        closing = asyncio.create_task(close(client))
        while (await client.get("/v1/usage", headers=shown())).status_code != 401:
            pass
        closing.cancel()
        await asked.disconnected.wait()
        await calling


# The ledger.


class Clocks:
    """A wall clock and a monotonic one."""

    def __init__(self) -> None:
        self.wall, self.monotonic = 1e9, 100.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def ledger(self, most: int = 100) -> Ledger:
        return Ledger(lambda: self.wall, lambda: self.monotonic, most=most)

    def token(self, attempt: str, lifetime: float = 60.0):
        token = verify(KEY, mint(KEY, "a", attempt, lifetime=1e6, budget_usd=1))
        return type(token)(token.competitor, attempt, "", self.wall + lifetime, 1.0)


def test_accounts_are_forgotten_when_their_tokens_are_worth_nothing() -> None:
    clocks = Clocks()
    ledger = clocks.ledger()
    for number in range(50):
        ledger.account(clocks.token(f"att_{number}"))
    clocks.pass_(130)
    ledger.account(clocks.token("att_new"))
    assert len(ledger) == 1


async def test_a_jump_of_the_wall_clock_opens_no_closed_attempt() -> None:
    clocks = Clocks()
    ledger = clocks.ledger()
    token = clocks.token("att_1")
    await ledger.close(token)
    clocks.wall += 10_000  # a jump, and back
    clocks.monotonic += 11
    ledger.account(clocks.token("att_2"))
    clocks.wall -= 10_000
    assert ledger.account(token).closed


async def test_a_clock_that_was_set_back_opens_no_closed_attempt() -> None:
    clocks = Clocks()
    ledger = clocks.ledger()
    token = clocks.token("att_1")
    await ledger.close(token)
    clocks.wall -= 10_000  # the token is good for so much longer
    clocks.monotonic += 1_000
    ledger.account(clocks.token("att_2"))
    assert ledger.account(token).closed


def test_sweeping_goes_on_when_the_wall_clock_was_set_back() -> None:
    clocks = Clocks()
    ledger = clocks.ledger()
    clocks.wall -= 1e6
    ledger.account(clocks.token("att_1"))
    clocks.pass_(200)
    ledger.account(clocks.token("att_2"))
    assert len(ledger) == 1


def test_accounts_are_bounded_in_number() -> None:
    clocks = Clocks()
    ledger = clocks.ledger(most=2)
    first = clocks.token("att_1")
    ledger.account(first)
    ledger.account(clocks.token("att_2"))
    with pytest.raises(Overloaded):
        ledger.account(clocks.token("att_3"))
    assert ledger.account(first) is not None
