"""The trial of the sandbox, through the real platform's proxy into a real sandbox."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from support.platform_gate import KEY, guarded
from support.platform_services import platform_with
from support.sandbox_service import sandbox_service

from janus_competition.marketplace.trials import Trials
from janus_platform.sandbox.holdings import Holdings
from janus_platform.sandbox.proxy import SandboxProxy
from janus_platform.sandbox.routes import sandbox_routes
from janus_platform.sandbox.upstream import Upstream


@pytest.fixture
async def trials() -> AsyncIterator[Trials]:
    gate = guarded(require_token=True)
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(sandbox_service())
        upstream = Upstream(str(service.client.base_url), "", connect_seconds=5)
        proxy = SandboxProxy(
            await stack.enter_async_context(upstream),
            Holdings(gate.prices, upstream.place, look=upstream.lives, end=upstream.end, share=4),
        )
        routes = sandbox_routes(proxy, gate, 1_000_000)
        platform = await stack.enter_async_context(platform_with([routes], gate))
        trials = Trials(str(platform.base_url), KEY, budget_usd=0.01)
        yield await stack.enter_async_context(trials)
        assert not service.sandboxes.live


async def test_a_program_runs_in_a_sandbox_that_is_gone_afterwards(trials: Trials) -> None:
    tried = await trials.run("code-sandbox", "print(6 * 7)")
    assert '"stdout": "42\\n"' in tried.output
    assert '"exitCode": 0' in tried.output


async def test_a_program_that_fails_shows_why(trials: Trials) -> None:
    tried = await trials.run("code-sandbox", "raise SystemExit('no')")
    assert '"exitCode": 1' in tried.output
