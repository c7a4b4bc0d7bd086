"""When the router closes an attempt's account at the platform services, and what it does with the answer.

A recording server stands for the platform services, so that each test sees when which account is closed.
"""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from support.answers import ChatEvent, ask
from support.http_service import serving
from support.platform_gate import KEY
from support.scripted_competitor import failing, failing_after, holding

import janus_mesh as mesh
from janus_mesh.errors import CompetitorFailed
from janus_mesh.headers import TOKEN
from janus_mesh.request_token import RequestToken, verify
from janus_proto._gen.janus.chat.v1 import event_pb2
from janus_router.usage.platform import Platform

FIGURES = {
    "calls": 1,
    "inference_calls": 1,
    "prompt_tokens": 30,
    "completion_tokens": 20,
    "estimated": False,
    "cost_usd": 0.5,
    "sandbox_seconds": 0,
}


class Accounts:
    """Answers `POST /v1/usage/close` with `answer`, and remembers the tokens shown."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: dict[str, object] = dict(FIGURES)
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.closed: list[RequestToken] = []
        self._closings: asyncio.Queue[RequestToken] = asyncio.Queue()

    async def next_closed(self) -> RequestToken:
        """The next account that is closed, waiting for it if need be."""
        async with asyncio.timeout(5):
            return await self._closings.get()

    async def close(self, request: Request) -> JSONResponse:
        token = verify(KEY, request.headers[TOKEN])
        self.closed.append(token)
        self._closings.put_nowait(token)
        await self.may_answer.wait()
        return JSONResponse(self.answer)


@pytest.fixture
async def accounts() -> AsyncIterator[Accounts]:
    recorded = Accounts()
    app = Starlette(routes=[Route("/v1/usage/close", recorded.close, methods=["POST"])])
    async with serving(app) as recorded.url:
        yield recorded


async def router_before(house, accounts: Accounts, script, **settings: object):
    competitor = await house.competitor(script)
    router = await house.router(
        {"id": "a", "url": competitor.url}, platform_key=KEY, platform_url=accounts.url, **settings
    )
    return competitor, router


async def finishing(exchange: mesh.Exchange, _: object) -> None:
    await exchange.send(ChatEvent(content="done"))
    await exchange.send(ChatEvent(finish=event_pb2.Finish()))


async def test_the_account_is_closed_before_the_finish_is_passed_on(house, accounts):
    accounts.may_answer.clear()
    _, router = await router_before(house, accounts, finishing)
    asked = asyncio.create_task(router.ask(ask("a")))
    await accounts.next_closed()
    assert not asked.done()

    accounts.may_answer.set()

    *_, last = await asked
    assert (last.finish.usage.prompt_tokens, last.finish.usage.cost_usd) == (30, 0.5)
    assert json.loads(last.finish.usage.extra_json) == {"janus": {"source": "metered"}}


async def test_each_failed_attempt_s_account_is_closed(house, accounts):
    _, router = await router_before(house, accounts, failing(CompetitorFailed("no")), router_max_attempts=2)
    with pytest.raises(CompetitorFailed):
        await router.ask(ask("a"))

    closed = [await accounts.next_closed() for _ in range(2)]

    assert len({token.attempt_id for token in closed}) == 2


async def test_an_answer_that_breaks_off_has_its_account_closed(house, accounts):
    _, router = await router_before(house, accounts, failing_after(CompetitorFailed("no"), "word"))
    with pytest.raises(CompetitorFailed):
        await router.ask(ask("a"))

    assert (await accounts.next_closed()).competitor == "a"


async def test_the_account_of_a_caller_who_leaves_is_closed(house, accounts):
    competitor, router = await router_before(house, accounts, holding(asyncio.Event()))
    asked = asyncio.create_task(router.ask(ask("a")))
    await competitor.next_answer()

    asked.cancel()

    assert (await accounts.next_closed()).competitor == "a"


async def test_a_platform_that_hangs_holds_the_finish_back_for_a_bounded_time(house, accounts):
    accounts.may_answer.clear()
    _, router = await router_before(house, accounts, finishing)

    async with asyncio.timeout(4):
        *_, last = await router.ask(ask("a"))

    assert last.HasField("finish")
    accounts.may_answer.set()


@pytest.mark.parametrize(
    ("name", "value"),
    [("cost_usd", -1), ("cost_usd", 1e300), ("prompt_tokens", -1), ("prompt_tokens", True), ("calls", "1")],
)
async def test_figures_that_cannot_be_are_not_used(house, accounts, name, value):
    accounts.answer[name] = value
    _, router = await router_before(house, accounts, finishing)

    *_, last = await router.ask(ask("a"))

    assert not last.finish.usage.HasField("cost_usd")
    assert json.loads(last.finish.usage.extra_json) == {"janus": {"source": "estimated"}}


async def test_accounts_of_abandoned_attempts_are_closed_before_the_router_stops(accounts):
    async with Platform(url=accounts.url, key=KEY, budget_usd=1.0) as platform:
        for _ in range(20):
            platform.abandon(platform.token("a", "req_1", 10.0))

    assert len(accounts.closed) == 20
