"""The sandbox proxy: the Sandy API for each competitor's own sandboxes, in front of a scripted Sandy."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.http_competitor import EVENT_STREAM, Asked, HttpCompetitor, Reply, Script
from support.platform_gate import egress_lines, guarded, shown
from support.platform_services import platform_with

from janus_mesh.request_token import verify
from janus_platform.gate import ledger as ledger_module
from janus_platform.gate.gate import Gate
from janus_platform.gate.prices import Prices
from janus_platform.sandbox import holdings as holdings_module
from janus_platform.sandbox.holdings import Holdings
from janus_platform.sandbox.proxy import SandboxProxy
from janus_platform.sandbox.routes import sandbox_routes
from janus_platform.sandbox.upstream import Upstream

API = "/api/sandboxes"
KEY = "k" * 32


class Sandy(HttpCompetitor):
    """Makes sandboxes `sb-1`, `sb-2` and so on; answers everything else with `{"done": path}`."""

    def __init__(self) -> None:
        super().__init__(scripts.completion())
        self.made = 0
        self.answers: dict[str, Script] = {}

    def script_for(self, asked: Asked) -> Script:
        async def make(reply: Reply) -> None:
            self.made += 1
            body = {"sandboxId": f"sb-{self.made}", "url": f"{self.url}/files/sb-{self.made}"}
            await reply.body(201, scripts.JSON, json.dumps(body).encode())

        usual = make if asked.path == API else scripts.answer(200, json.dumps({"done": asked.path}).encode())
        return self.answers.get(asked.path, usual)

    def bodies(self) -> list[dict[str, object]]:
        return [asked.json for asked in self.requests if asked.path == API]


@dataclass
class Proxied:
    client: httpx.AsyncClient
    sandy: Sandy
    holdings: Holdings
    proxy: SandboxProxy

    async def create(self, body: object = None, **shown_as: object) -> str:
        made = await self.client.post(API, json=body or {}, headers=shown(**shown_as))
        assert made.status_code == 201, made.text
        sandbox_id: str = made.json()["sandboxId"]
        return sandbox_id

    async def used(self, **shown_as: object) -> dict[str, object]:
        account: dict[str, object] = (await self.client.get("/v1/usage", headers=shown(**shown_as))).json()
        return account


@asynccontextmanager
async def proxied(gate: Gate | None = None, share: int = 8, **prices: float) -> AsyncIterator[Proxied]:
    gate = gate or guarded()
    if prices:
        gate = replace(gate, prices=Prices(models=(), sandbox=prices))
    async with Sandy() as sandy, Upstream(sandy.url, "sk-sandy", connect_seconds=2) as upstream:
        holdings = Holdings(gate.prices, upstream.place, look=upstream.lives, end=upstream.end, share=share)
        gate.ledger.at_close(holdings.close_account)
        proxy = SandboxProxy(upstream, holdings)
        async with platform_with([sandbox_routes(proxy, gate, 100_000)], gate) as client:
            yield Proxied(client, sandy, holdings, proxy)
        await holdings.aclose()


async def test_a_sandbox_is_made_with_our_key_and_the_callers_token_for_its_own_calls():
    async with proxied() as it:
        await it.create({"priority": "low", "ttl_seconds": 60})
        (asked,) = it.sandy.requests
    assert asked.headers["authorization"] == "Bearer sk-sandy"
    token = asked.json.pop("egressToken")
    assert verify(KEY, token).competitor == "my-agent"
    assert asked.json["ttl_seconds"] == 60


async def test_nobody_chooses_in_whose_name_a_sandbox_calls():
    async with proxied() as it:
        await it.client.post(API, json={"egressToken": "stolen", "egress_token": "stolen"})
        assert "egressToken" not in it.sandy.bodies()[0]
        assert "egress_token" not in it.sandy.bodies()[0]


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("GET", ""),
        ("POST", "/exec"),
        ("POST", "/files/write"),
        ("GET", "/files/read?path=/workspace/a%20b"),
        ("GET", "/files/list?path=/"),
        ("POST", "/agent/cancel"),
        ("POST", "/refresh"),
        ("POST", "/preview"),
        ("POST", "/terminate"),
    ],
)
async def test_the_calls_of_the_api_go_through(method, action):
    async with proxied() as it:
        sandbox = await it.create()
        answer = await it.client.request(method, f"{API}/{sandbox}{action}", headers=shown())
        assert answer.status_code == 200
        assert it.sandy.requests[-1].target == f"{API}/{sandbox}{action}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/stats"),
        ("POST", f"{API}/sb-1/files/delete"),
        ("POST", f"{API}/sb-1/../../stats"),
        ("POST", f"{API}/sb-1/%2e%2e/%2e%2e/stats"),
        ("GET", f"{API}/sb-1/exec"),
        ("DELETE", f"{API}/sb-1/files/list"),
        ("PATCH", f"{API}/sb-1"),
        ("GET", f"{API}/sb-1%2f..%2fsb-2"),
        ("PUT", f"{API}/sb-1/files/write"),
    ],
)
async def test_nothing_else_does(method, path):
    async with proxied() as it:
        await it.create()
        answer = await it.client.request(method, path, headers=shown())
        assert answer.status_code in (404, 405)
        assert len(it.sandy.requests) == 1


async def test_another_competitors_sandbox_is_not_there():
    async with proxied() as it:
        sandbox = await it.create(competitor="mine")
        for action in ("", "/files/read", "/artifacts/x"):
            answer = await it.client.get(f"{API}/{sandbox}{action}", headers=shown("other"))
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "sandbox_not_found")
        mine = await it.client.get(API, headers=shown("mine"))
        others = await it.client.get(API, headers=shown("other"))
        assert [one["sandboxId"] for one in mine.json()["sandboxes"]] == [sandbox]
        assert others.json() == {"sandboxes": []}
        assert len(it.sandy.requests) == 1


async def test_files_of_a_sandbox_are_fetched_from_its_file_server():
    async with proxied() as it:
        sandbox = await it.create()
        url = f"/files/{sandbox}/artifacts/a%20b/c.csv"
        it.sandy.answers[url] = scripts.answer(206, b"part", headers=[("content-range", "bytes 0-3/9")])
        answer = await it.client.get(
            f"{API}/{sandbox}/artifacts/a b/c.csv", headers={**shown(), "range": "bytes=0-3"}
        )
        asked = it.sandy.requests[-1]
    assert (answer.status_code, answer.content) == (206, b"part")
    assert answer.headers["content-range"] == "bytes 0-3/9"
    assert asked.headers["range"] == "bytes=0-3"


async def test_an_agents_steps_come_as_they_are_made():
    more = asyncio.Event()

    async def steps(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        await reply.event('{"type": "status"}')
        await more.wait()
        await reply.event('{"type": "complete"}')

    async with proxied() as it:
        sandbox = await it.create()
        run = f"{API}/{sandbox}/agent/run"
        it.sandy.answers[run] = steps
        async with it.client.stream("POST", run, json={"prompt": "x"}, headers=shown()) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            pieces = answer.aiter_raw()
            assert await anext(pieces) == b'data: {"type": "status"}\n\n'
            more.set()
            assert await anext(pieces) == b'data: {"type": "complete"}\n\n'


async def test_a_caller_who_leaves_ends_the_agents_call():
    async with proxied() as it:
        sandbox = await it.create()
        run = f"{API}/{sandbox}/agent/run"
        it.sandy.answers[run] = scripts.hang_mid_stream
        async with it.client.stream("POST", run, json={}, headers=shown()) as answer:
            await anext(answer.aiter_raw())
        async with asyncio.timeout(2):
            await it.sandy.requests[-1].disconnected.wait()


async def test_a_sandbox_whose_caller_left_while_it_was_made_is_ended():
    go, came = asyncio.Event(), asyncio.Event()

    async def slowly(reply: Reply) -> None:
        came.set()
        await go.wait()
        await reply.body(201, scripts.JSON, b'{"sandboxId": "sb-9", "url": ""}')

    async with proxied() as it:
        it.sandy.answers[API] = slowly
        with capture_logs() as lines:
            making = asyncio.create_task(it.client.post(API, json={}))
            await came.wait()
            making.cancel()
            while not any(line.get("verdict") == "aborted" for line in lines):
                await it.client.get("/metrics")
        go.set()
        while it.sandy.requests[-1].path != f"{API}/sb-9/terminate":
            await it.client.get("/metrics")


async def test_a_service_that_is_away_is_said_to_be():
    async with proxied() as it:
        it.proxy._upstream._client.base_url = httpx.URL("http://127.0.0.1:9")
        answer = await it.client.post(API, json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "sandbox_unavailable")


@pytest.mark.parametrize("body", [b"not json", b"[]", b"{}"])
async def test_an_answer_without_a_sandbox_is_a_failure(body):
    async with proxied() as it:
        it.sandy.answers[API] = scripts.answer(201, body)
        answer = await it.client.post(API, json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "sandbox_failed")


async def test_a_refusal_of_the_service_comes_as_it_is():
    async with proxied() as it:
        it.sandy.answers[API] = scripts.refusal(429, "no room", code="sandboxes_full")
        answer = await it.client.post(API, json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "sandboxes_full")


# What a caller may choose, and how much it may have.


async def test_callers_do_not_choose_their_priority():
    async with proxied() as it:
        await it.create({"priority": "high", "preemptable": True})
        await it.create({"priority": 0})
        bodies = it.sandy.bodies()
    assert [(body["priority"], body["preemptable"]) for body in bodies] == [(2, False)] * 2


async def test_nothing_but_what_concerns_the_caller_is_ordered():
    asked = {"enableDockerSocket": True, "owner": "another", "upstream": "x", "env": {"A": "1"}}
    async with proxied() as it:
        await it.create(asked)
        (body,) = it.sandy.bodies()
    assert set(body) == {"env", "priority", "preemptable", "owner", "egressToken"}
    assert body["owner"] == "my-agent"


async def test_one_competitor_has_a_share_of_the_sandboxes():
    async with proxied(share=2) as it:
        first = await it.create()
        await it.create()
        refused = await it.client.post(API, json={}, headers=shown())
        await it.create(competitor="other")
        await it.client.post(f"{API}/{first}/terminate", headers=shown())
        await it.create()
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (429, "sandbox_share_used")
    assert refused.headers["retry-after"] == "2"


async def test_sandboxes_that_are_being_made_count_towards_the_share():
    go = asyncio.Event()

    async def slowly(reply: Reply) -> None:
        await go.wait()
        await reply.body(201, scripts.JSON, b'{"sandboxId": "sb-9", "url": ""}')

    async with proxied(share=1) as it:
        it.sandy.answers[API] = slowly
        making = asyncio.create_task(it.client.post(API, json={}, headers=shown()))
        while not it.sandy.requests:
            await it.client.get("/metrics")
        refused = await it.client.post(API, json={}, headers=shown(request="req_2"))
        go.set()
        assert (await making).status_code == 201
    assert refused.status_code == 429


async def test_a_sandbox_that_was_not_made_takes_no_place():
    async with proxied(share=1) as it:
        it.sandy.answers[API] = scripts.refusal(503, "away")
        for _ in range(3):
            assert (await it.client.post(API, json={}, headers=shown())).status_code == 503
        del it.sandy.answers[API]
        await it.create()


async def test_a_sandy_without_our_sizes_is_asked_without():
    async def picky(reply: Reply) -> None:
        if "flavor" in reply.asked.json:
            await reply.body(422, scripts.JSON, b'{"detail": "unknown flavor"}')
        else:
            await reply.body(201, scripts.JSON, b'{"sandbox_id": "sb-9", "public_url": "http://s.test/"}')

    async with proxied() as it:
        it.sandy.answers[API] = picky
        made = await it.client.post(API, json={"flavor": "medium"}, headers=shown())
    assert (made.status_code, made.json()["sandboxId"], made.json()["url"]) == (201, "sb-9", "http://s.test")


async def test_delete_ends_a_sandbox():
    async with proxied() as it:
        sandbox = await it.create()
        answer = await it.client.delete(f"{API}/{sandbox}", headers=shown())
        assert answer.status_code == 200
        assert it.sandy.requests[-1].path == f"{API}/{sandbox}/terminate"
        assert list(it.holdings.of("my-agent")) == []


# What becomes of it when its attempt is closed.


async def test_a_closed_attempts_sandboxes_are_charged_and_ended():
    async with proxied(per_second=0.5) as it:
        sandbox = await it.create(budget=100.0)
        it.holdings.find(sandbox, "my-agent").charged_until -= 10
        final = (await it.client.post("/v1/usage/close", headers=shown(budget=100.0))).json()
        while it.sandy.requests[-1].path != f"{API}/{sandbox}/terminate":
            await it.client.get("/metrics")
        again = (await it.client.post("/v1/usage/close", headers=shown(budget=100.0))).json()
    assert final["sandbox_seconds"] == pytest.approx(10, abs=2)
    assert final["cost_usd"] == pytest.approx(5, abs=1)
    assert again == final


async def test_another_attempts_sandbox_lives_on():
    async with proxied() as it:
        sandbox = await it.create(request="req_2")
        await it.client.post("/v1/usage/close", headers=shown())
        answer = await it.client.get(f"{API}/{sandbox}", headers=shown(request="req_2"))
    assert answer.status_code == 200


async def test_a_sandbox_that_comes_when_its_attempt_is_closed_is_ended(monkeypatch):
    monkeypatch.setattr(ledger_module, "_CLOSING_SECONDS", 0.05)
    go = asyncio.Event()

    async def slowly(reply: Reply) -> None:
        await go.wait()
        await reply.body(201, scripts.JSON, b'{"sandboxId": "sb-9", "url": ""}')

    async with proxied() as it:
        it.sandy.answers[API] = slowly
        making = asyncio.create_task(it.client.post(API, json={}, headers=shown()))
        while not it.sandy.requests:
            await it.client.get("/metrics")
        final = (await it.client.post("/v1/usage/close", headers=shown())).json()
        refused = await making
        go.set()
        while it.sandy.requests[-1].path != f"{API}/sb-9/terminate":
            await it.client.get("/metrics")
        again = (await it.client.post("/v1/usage/close", headers=shown())).json()
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_closed")
    assert again == final


async def test_a_sandbox_that_does_not_end_at_once_is_ended_again(monkeypatch):
    monkeypatch.setattr(holdings_module, "_END_TRIES", (0, 0))
    async with proxied() as it:
        sandbox = await it.create()
        it.sandy.answers[f"{API}/{sandbox}/terminate"] = scripts.refusal(500)
        await it.client.post("/v1/usage/close", headers=shown())
        while [one.path for one in it.sandy.requests].count(f"{API}/{sandbox}/terminate") < 3:
            await it.client.get("/metrics")


async def test_a_service_that_hangs_delays_no_charge(monkeypatch):
    monkeypatch.setattr(holdings_module, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(holdings_module, "_LOOK_SECONDS", 0.01)
    async with proxied(per_second=0.001) as it:
        stuck, other = await it.create(), await it.create()
        it.sandy.answers[f"{API}/{stuck}"] = scripts.hang_before_head
        charging = asyncio.create_task(it.holdings.keep_charging())
        while not any(one.path == f"{API}/{stuck}" for one in it.sandy.requests):
            await it.client.get("/metrics")
        before = it.holdings.find(other, "my-agent").charged_until
        while it.holdings.find(other, "my-agent").charged_until == before:
            await it.client.get("/metrics")
        charging.cancel()


# What its time costs.


async def test_time_is_charged_until_it_is_terminated(monkeypatch):
    async with proxied(per_second=0.5) as it:
        sandbox = await it.create(budget=100.0)
        holding = it.holdings.find(sandbox, "my-agent")
        holding.began -= 10
        holding.charged_until -= 10
        with egress_lines() as lines:
            await it.client.post(f"{API}/{sandbox}/terminate", headers=shown())
        account = await it.used()
    assert account["sandbox_seconds"] == pytest.approx(10, abs=2)
    assert account["cost_usd"] == pytest.approx(5, abs=1)
    ended = next(line for line in lines if line["service_called"] == "sandbox time")
    assert (ended["identity"], ended["verdict"], ended["sandbox_id"]) == ("my-agent", "terminated", sandbox)
    assert ended["sandbox_seconds"] == pytest.approx(10, abs=2)


async def test_a_sandbox_whose_budget_is_spent_is_ended(monkeypatch):
    monkeypatch.setattr(holdings_module, "_TICK_SECONDS", 0.01)
    async with proxied(per_second=1000.0) as it:
        sandbox = await it.create(budget=1.0)
        charging = asyncio.create_task(it.holdings.keep_charging())
        while it.sandy.requests[-1].path != f"{API}/{sandbox}/terminate":
            await it.client.get("/metrics")
        charging.cancel()
        answer = await it.client.post(f"{API}/{sandbox}/exec", json={}, headers=shown())
    assert answer.status_code == 402


@pytest.mark.parametrize("gone", [scripts.refusal(404), scripts.answer(200, b'{"state": "terminated"}')])
async def test_the_clock_stops_for_a_sandbox_that_ended_by_itself(monkeypatch, gone):
    monkeypatch.setattr(holdings_module, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(holdings_module, "_LOOK_SECONDS", 0.01)
    async with proxied() as it:
        sandbox = await it.create()
        it.sandy.answers[f"{API}/{sandbox}"] = gone
        charging = asyncio.create_task(it.holdings.keep_charging())
        while list(it.holdings.of("my-agent")):
            await it.client.get("/metrics")
        charging.cancel()
