"""Limits of one caller: requests and tokens per minute, streams at once, and the headers that tell them."""

import asyncio

import pytest
from support.answers import ChatEvent, finish, say
from support.edge_stack import SOON, running_edge

import janus_mesh as mesh
from janus_edge.intake.limits import ChatLimits, Limiter, duration
from janus_edge.intake.token_bucket import Buckets
from janus_mesh.errors import RateLimited
from janus_proto._gen.janus.chat.v1 import event_pb2

# Tests come from loopback, which has no limits by default.
LIMITED = {"limit_loopback": True}


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_begins_full_and_refills_evenly() -> None:
    clock = Clock()
    buckets = Buckets(60, clock)
    buckets.take("a", 60)
    assert buckets.level("a").remaining == 0
    assert buckets.level("a").next_unit == pytest.approx(1.0)
    clock.now += 30
    assert buckets.level("a").remaining == 30
    assert buckets.level("a").reset == pytest.approx(30)
    clock.now += 1000
    assert (buckets.level("a").remaining, buckets.level("a").reset) == (60, 0)


def test_each_caller_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(5, Clock())
    buckets.take("a", 5)
    assert (buckets.level("a").remaining, buckets.level("b").remaining) == (0, 5)


def test_what_was_taken_too_much_is_owed_but_for_no_more_than_a_minute() -> None:
    clock = Clock()
    buckets = Buckets(60, clock)
    buckets.take("a", 90)
    clock.now += 30
    assert buckets.level("a").remaining == 0
    clock.now += 1
    assert buckets.level("a").remaining == 1
    buckets.take("a", 10**12)  # a competitor may claim anything
    clock.now += 61
    assert buckets.level("a").remaining == 1


def test_buckets_are_forgotten_beyond_a_number_of_callers() -> None:
    buckets = Buckets(5, Clock())
    for caller in range(10_001):
        buckets.take(str(caller), 5)
    assert buckets.level("0").remaining == 5
    assert buckets.level("1").remaining == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (0.12, "120ms"),
        (0.9996, "1s"),
        (1, "1s"),
        (8.64, "8.64s"),
        (59.999, "1m0s"),
        (360, "6m0s"),
        (61.5, "1m1.5s"),
        (3600, "60m0s"),
    ],
)
def test_durations_are_written_as_openai_writes_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_refused_chats_count_neither_as_requests_nor_as_streams() -> None:
    limiter = Limiter(ChatLimits(requests_per_minute=2, tokens_per_minute=0, streams=1))
    with limiter.admit("a", []):
        for _ in range(5):
            with pytest.raises(RateLimited), limiter.admit("a", []):
                pass
    with limiter.admit("a", []):
        pass
    with pytest.raises(RateLimited, match="2 requests per minute"), limiter.admit("a", []):
        pass


async def test_requests_per_minute_are_limited_with_openais_headers() -> None:
    async with running_edge(**LIMITED, requests_per_minute=2) as edge:
        first, second, third = [await edge.chat() for _ in range(3)]
    assert [response.status_code for response in (first, second, third)] == [200, 200, 429]
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert first.headers["x-ratelimit-reset-requests"].endswith("s")
    assert third.headers["x-ratelimit-remaining-requests"] == "0"
    assert 0 < int(third.headers["retry-after"]) <= 30
    assert third.json()["error"]["code"] == "rate_limit_exceeded"
    assert third.json()["error"]["type"] == "rate_limit_error"


async def test_tokens_per_minute_are_limited_by_what_answers_used() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        await exchange.send(ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop")))
        ending = finish()
        ending.finish.usage.prompt_tokens = 60
        ending.finish.usage.completion_tokens = 40
        await exchange.send(ending)

    async with running_edge(**LIMITED, tokens_per_minute=100) as edge:
        edge.router.answer = answer
        streamed = await edge.chat(stream=True)
        refused = await edge.chat()
    assert streamed.status_code == 200
    assert streamed.headers["x-ratelimit-remaining-tokens"] == "100"
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert refused.headers["x-ratelimit-remaining-tokens"] == "0"
    assert refused.headers["x-ratelimit-reset-tokens"].endswith("s")


async def test_streams_at_once_are_limited_and_free_again_at_their_end() -> None:
    begun, going = asyncio.Event(), asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        begun.set()
        await going.wait()
        await say(exchange, "a")

    async with running_edge(**LIMITED, streams_per_caller=1) as edge, asyncio.timeout(SOON):
        edge.router.answer = answer
        first = asyncio.create_task(edge.chat(stream=True))
        await begun.wait()
        refused = await edge.chat()
        going.set()
        assert (await first).status_code == 200
        assert (await edge.chat()).status_code == 200
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")


async def test_each_api_key_has_limits_of_its_own() -> None:
    async with running_edge(**LIMITED, requests_per_minute=1, api_keys="key-a,key-b") as edge:
        statuses = [
            (await edge.chat(headers={"authorization": f"Bearer {key}"})).status_code
            for key in ("key-a", "key-a", "key-b")
        ]
    assert statuses == [200, 429, 200]


async def test_each_address_behind_a_trusted_proxy_has_limits_of_its_own() -> None:
    async with running_edge(requests_per_minute=1, trusted_proxies="127.0.0.0/8,::1") as edge:
        statuses = [
            (await edge.chat(headers={"x-forwarded-for": address})).status_code
            for address in ("203.0.113.7", "spoofed, 203.0.113.7", "203.0.113.8")
        ]
    assert statuses == [200, 429, 200]


async def test_loopback_has_no_limits_by_default() -> None:
    async with running_edge(requests_per_minute=1) as edge:
        responses = [await edge.chat() for _ in range(3)]
    assert {response.status_code for response in responses} == {200}
    assert "x-ratelimit-limit-requests" not in responses[0].headers


async def test_browsers_may_read_the_limits() -> None:
    async with running_edge(**LIMITED) as edge:
        response = await edge.chat(headers={"origin": "http://localhost:3000"})
    assert "x-ratelimit-remaining-tokens" in response.headers["access-control-expose-headers"]


async def test_the_router_is_told_an_opaque_key_of_the_caller() -> None:
    callers: list[str] = []

    async def answer(exchange: mesh.Exchange) -> None:
        callers.append(exchange.caller)
        await say(exchange, "a")

    async with running_edge(api_keys="key-a,key-b") as edge:
        edge.router.answer = answer
        for key in ("key-a", "key-a", "key-b"):
            await edge.chat(headers={"authorization": f"Bearer {key}"})
    assert callers[0] == callers[1] != callers[2]
    assert all(len(caller) == 32 and "key" not in caller for caller in callers)
