"""The competition over HTTP: the real edge in front of the real service and a scripted router."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.bundles import Signer, a_run
from support.competition_service import running_competition
from support.edge_stack import EdgeStack, SseAnswer, route, running_edge, scripted

import janus_mesh as mesh
from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2
from janus_proto._gen.janus.router.v1 import router_pb2

SIGNER = Signer()
ENTRY = {
    "name": "my-agent",
    "address": "grpc://127.0.0.1:9999",
    "transport": "grpc",
    "license": "MIT",
    "description": "Verse",
    "contact": "me@example.org",
}
Event = event_pb2.ChatEvent
PLACES = ("chunk_json", "choice_json", "delta_json")
FINISH = [
    Event(choice_finish=event_pb2.ChoiceFinish(reason="stop")),
    Event(finish=event_pb2.Finish(usage=event_pb2.Usage(total_tokens=7, cost_usd=0.5))),
]


@asynccontextmanager
async def stack(folder: Path, **given: Any) -> AsyncIterator[EdgeStack]:
    edge_settings = given.pop("edge", {})
    trusted = (SIGNER.public_key,)
    async with (
        running_competition(folder, competition_trusted_keys=trusted, **given) as service,
        running_edge(competition=service.address, **edge_settings) as edge,
    ):
        edge.router.registry = router_pb2.ListCompetitorsResponse(
            competitors=[
                router_pb2.Competitor(id=name, state=state)
                for name, state in (
                    ("alpha", router_pb2.COMPETITOR_STATE_HEALTHY),
                    ("beta", router_pb2.COMPETITOR_STATE_HEALTHY),
                    ("ghost", router_pb2.COMPETITOR_STATE_UNHEALTHY),
                )
            ]
        )
        yield edge


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[EdgeStack]:
    async with stack(tmp_path) as edge:
        yield edge


def telling(name: str) -> mesh.Answer:
    """An answer with everything in it that could tell who gives it."""
    address = f"https://{name}.example/v1/artifacts/x"
    artifact = event_pb2.Artifact(id=f"artf_{name}", url=address, display_name=name)
    claims = event_pb2.Extras(**{place: json.dumps({"by": name}) for place in PLACES})
    return scripted(
        route(name),
        Event(start=event_pb2.AnswerStart(model=f"{name}-model", id=name)),
        Event(role=4, extras=event_pb2.Extras(chunk_json=json.dumps({"system_fingerprint": name}))),
        Event(reasoning=f"I am {name}. "),
        Event(janus=event_pb2.JanusEvent(event="tool_start", payload_json=json.dumps({"tool": name}))),
        Event(content="It is ", extras=event_pb2.Extras(delta_json=json.dumps({"by": name}))),
        Event(janus=event_pb2.JanusEvent(event="inner_route", payload_json=json.dumps({"to": name}))),
        Event(artifact=artifact, extras=claims),
        Event(content=f"[Paris]({address})", extras=claims),
        Event(extras=claims),
        Event(usage=event_pb2.Usage(extra_json=json.dumps({"by": name})), extras=claims),
        Event(tool_call=event_pb2.ToolCallDelta(id="1", type="function", name=name)),
        route(name),
        Event(choice_finish=event_pb2.ChoiceFinish(reason=f"stop_{name}"), extras=claims),
        FINISH[-1],
    )


async def by_name(exchange: mesh.Exchange) -> None:
    await telling(exchange.request.competitor_id)(exchange)


async def post(edge: EdgeStack, path: str, body: Any, **options: Any) -> httpx.Response:
    return await edge.client.post(f"/api/{path}", json=body, **options)


async def opened(edge: EdgeStack) -> dict[str, Any]:
    response = await post(edge, "competition/arena/battles", {"prompt": "Capital of France?"})
    assert response.status_code == 201, response.text
    battle: dict[str, Any] = response.json()
    return battle


async def side(edge: EdgeStack, battle: dict[str, Any], name: str) -> SseAnswer:
    body = {"token": battle["token"], "side": name}
    response = await post(edge, "competition/arena/answers", body)
    return SseAnswer(response, response.text)


def vote(edge: EdgeStack, battle: dict[str, Any], verdict: str = "left") -> Any:
    return post(edge, "competition/arena/votes", {"token": battle["token"], "verdict": verdict})


async def test_a_blind_answer_has_its_text_and_nothing_that_tells_who_gave_it(edge: EdgeStack) -> None:
    edge.router.answer = by_name
    battle = await opened(edge)
    answers = [await side(edge, battle, name) for name in ("left", "right")]
    for answer in answers:
        assert (answer.content, answer.done) == ("It is [Paris](#artifact)", True)
        assert answer.deltas[0]["role"] == "assistant"
        assert answer.chunks[-1]["choices"][0]["finish_reason"] == "stop"
        assert {chunk["model"] for chunk in answer.chunks} == {"arena"}
        seen = f"{answer.response.headers} {answer.text}"
        assert not [name for name in ("alpha", "beta", "tool_start", "reasoning", "usage") if name in seen]
    shown = (await vote(edge, battle)).json()
    assert {shown["left"], shown["right"]} == {"alpha", "beta"}
    assert (shown["counted"], shown["reason"]) == (False, "identical_answers")


async def test_a_vote_between_different_answers_counts_and_is_rated(edge: EdgeStack) -> None:
    async def say_name_backwards(exchange: mesh.Exchange) -> None:
        words = f"So I say: {exchange.request.competitor_id[::-1]}"
        await scripted(Event(content=words), *FINISH)(exchange)

    edge.router.answer = say_name_backwards
    battle = await opened(edge)
    answers = await asyncio.gather(side(edge, battle, "left"), side(edge, battle, "right"))
    shown = (await vote(edge, battle, "right")).json()
    assert shown["counted"]
    assert answers[0].content.endswith(shown["left"][::-1])
    ratings = (await edge.client.get("/api/competition/arena/ratings")).json()
    assert ratings["votes"] == 1
    assert [place["competitor_id"] for place in ratings["ratings"]] == [shown["right"], shown["left"]]


@pytest.mark.parametrize("begun", [False, True])
async def test_of_a_failure_only_that_it_failed_is_told(edge: EdgeStack, begun: bool) -> None:
    async def fail(exchange: mesh.Exchange) -> None:
        name = exchange.request.competitor_id
        await exchange.send(route(name))
        if begun:
            await exchange.send(Event(content="It is"))
        raise CompetitorFailed(f"{name} broke down", competitor_id=name, code=f"{name}_error")

    edge.router.answer = fail
    battle = await opened(edge)
    answers = [await side(edge, battle, name) for name in ("left", "right")]
    for answer in answers:
        seen = f"{answer.response.headers} {answer.text}"
        assert "alpha" not in seen
        assert "beta" not in seen
        assert "this competitor did not finish its answer" in answer.text
        assert answer.response.status_code == (200 if begun else 502)
    assert (await vote(edge, battle)).json()["reason"] == "incomplete_answer"


@pytest.mark.parametrize("begun", [False, True])
async def test_of_a_router_that_goes_away_only_that_the_answer_failed_is_told(
    edge: EdgeStack, begun: bool
) -> None:
    asked = asyncio.Event()

    async def hang(exchange: mesh.Exchange) -> None:
        await exchange.send(route(exchange.request.competitor_id))
        if begun:
            await exchange.send(Event(content="It is"))
        asked.set()
        await asyncio.get_running_loop().create_future()

    edge.router.answer = hang
    battle = await opened(edge)
    answering = asyncio.create_task(side(edge, battle, "left"))
    await asked.wait()
    await edge.stop_router()
    answer = await answering
    assert answer.response.status_code == (200 if begun else 502)
    assert "this competitor did not finish its answer" in answer.text
    assert not answer.done


async def test_a_reader_who_leaves_stops_the_competitor_and_the_answer_counts_as_broken_off(
    edge: EdgeStack,
) -> None:
    stopped = asyncio.Event()

    async def hang(exchange: mesh.Exchange) -> None:
        await exchange.send(Event(content="It is"))
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            stopped.set()

    battle = await opened(edge)
    edge.router.answer = hang
    body = {"token": battle["token"], "side": "left"}
    async with edge.client.stream("POST", "/api/competition/arena/answers", json=body) as response:
        await anext(response.aiter_bytes())
    async with asyncio.timeout(10):
        await stopped.wait()
    edge.router.answer = by_name
    await side(edge, battle, "right")
    async with asyncio.timeout(10):
        while (voted := await vote(edge, battle)).status_code == 400:  # until the service has heard of it
            assert voted.json()["error"]["code"] == "answers_pending"
    assert voted.json()["reason"] == "incomplete_answer"


async def test_only_healthy_competitors_are_drawn(edge: EdgeStack) -> None:
    edge.router.answer = by_name
    edge.router.registry.competitors[1].state = router_pb2.COMPETITOR_STATE_EJECTED
    response = await post(edge, "competition/arena/battles", {"prompt": "?"})
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "too_few_competitors"


async def test_a_browser_is_named_once_and_scripts_cannot_read_the_name(edge: EdgeStack) -> None:
    first = await post(edge, "competition/arena/battles", {"prompt": "?"})
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/api/competition/arena" in cookie
    again = await post(edge, "competition/arena/battles", {"prompt": "?"})
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        ({"trusted_proxies": "127.0.0.0/8"}, {"x-forwarded-proto": "https"}),
        ({"public_url": "https://janus.example"}, {}),
    ],
)
async def test_behind_tls_the_cookie_is_secure(
    tmp_path: Path, settings: dict[str, str], headers: dict[str, str]
) -> None:
    async with stack(tmp_path, edge=settings) as edge:
        response = await post(edge, "competition/arena/battles", {"prompt": "?"}, headers=headers)
    assert "; Secure" in response.headers["set-cookie"]


async def test_without_tls_the_cookie_is_not_secure_whatever_the_client_says(edge: EdgeStack) -> None:
    response = await post(
        edge, "competition/arena/battles", {"prompt": "?"}, headers={"x-forwarded-proto": "https"}
    )
    assert "Secure" not in response.headers["set-cookie"]


async def test_a_client_behind_a_trusted_proxy_has_a_quota_of_its_own(tmp_path: Path) -> None:
    async def status(edge: EdgeStack, forwarded: str) -> int:
        edge.client.cookies.clear()
        headers = {"x-forwarded-for": forwarded}
        return (await post(edge, "competition/arena/battles", {"prompt": "?"}, headers=headers)).status_code

    trusting = {"client_address_header": "x-forwarded-for"}
    async with stack(tmp_path, arena_battles_per_hour=1, edge=trusting) as edge:
        assert await status(edge, "9.9.9.9, 198.51.100.1") == 201
        assert (
            await status(edge, "8.8.8.8, 198.51.100.1") == 429
        )  # what a client writes itself is not believed
        assert await status(edge, "2001:db8::1") == 201
        assert await status(edge, "2001:db8::2") == 429  # one customer has a whole /64


async def test_a_bundle_is_published_and_read_back(edge: EdgeStack) -> None:
    bundle = SIGNER.parts(a_run(competitor="alpha", score=70))
    first, again = [await post(edge, "competition/runs", bundle) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, {"run_id": "run_1", "status": "published"})
    assert (again.status_code, again.json()) == (200, {"run_id": "run_1", "status": "unchanged"})
    board = (await edge.client.get("/api/competition/leaderboard")).json()
    assert board["suite"] == {"name": "public/dev", "digest": "d1", "tasks": 2}
    (entry,) = board["entries"]
    assert (entry["competitor_id"], entry["tier"], entry["measured_at"]) == (
        "alpha",
        1,
        "2026-11-20T10:00:00.000Z",
    )
    assert entry["components"]["quality"] == {"value": 70, "low": 69, "high": 71, "weight": 45, "n": 20}
    run = (await edge.client.get("/api/competition/runs/run_1")).json()
    assert [task["failed"] for task in run["tasks"]] == [False, True]
    history = (await edge.client.get("/api/competition/history?competitor=alpha")).json()
    assert [point["score"]["value"] for point in history["points"]] == [70]


@pytest.mark.parametrize(
    ("bundle", "status", "param"),
    [
        (Signer().parts(a_run()), 403, "public_key"),
        (SIGNER.parts(a_run(composite={"value": 99, "low": 98, "high": 100})), 400, "run.composite.value"),
        ({"format": "janus-bench-bundle/1"}, 400, "public_key"),
    ],
)
async def test_a_refused_bundle_is_told_why(
    edge: EdgeStack, bundle: dict[str, Any], status: int, param: str
) -> None:
    response = await post(edge, "competition/runs", bundle)
    assert (response.status_code, response.json()["error"]["param"]) == (status, param)


async def test_another_run_of_the_same_id_is_a_409(edge: EdgeStack) -> None:
    await post(edge, "competition/runs", SIGNER.parts(a_run(score=70)))
    response = await post(edge, "competition/runs", SIGNER.parts(a_run(score=71)))
    assert (response.status_code, response.json()["error"]["code"]) == (409, "run_exists")


async def test_an_entry_is_stored_and_listed(edge: EdgeStack) -> None:
    stored = await post(edge, "competition/submissions", ENTRY)
    assert (stored.status_code, stored.json()["status"]) == (201, "received")
    listed = (await edge.client.get("/api/competition/submissions")).json()["submissions"]
    assert listed == [stored.json()]
    assert "contact" not in listed[0]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (ENTRY | {"address": "ftp://x"}, "address"),
        ({"name": "x"}, "address"),
        (ENTRY | {"more": 1}, "more"),
        (ENTRY | {"name": 3}, "name"),
        ([], ""),
    ],
)
async def test_a_wrong_field_is_named(edge: EdgeStack, body: Any, param: str) -> None:
    response = await post(edge, "competition/submissions", body)
    assert response.status_code == 400
    assert (response.json()["error"]["param"] or "") == param


async def test_a_body_too_large_for_a_form_is_refused(edge: EdgeStack) -> None:
    response = await post(edge, "competition/submissions", ENTRY | {"description": "x" * 70_000})
    assert response.status_code == 413


async def test_the_catalogue_is_served_and_its_trials_are_closed_by_default(edge: EdgeStack) -> None:
    catalogue = (await edge.client.get("/api/marketplace/components")).json()
    assert "web-search" in [component["id"] for component in catalogue["components"]]
    assert not catalogue["trials_open"]
    response = await post(edge, "marketplace/components/web-search/try", {"input": "bulls"})
    assert (response.status_code, response.json()["error"]["code"]) == (403, "trials_closed")


async def test_with_api_keys_what_makes_others_work_needs_one(tmp_path: Path) -> None:
    async with stack(tmp_path, edge={"api_keys": ("secret",)}) as edge:
        guarded = {
            "competition/runs": {},
            "competition/arena/battles": {"prompt": "?"},
            "competition/arena/answers": {"token": "x", "side": "left"},
            "marketplace/components/web-search/try": {"input": "x"},
        }
        for path, body in guarded.items():
            assert (await post(edge, path, body)).status_code == 401, path
        headers = {"authorization": "Bearer secret"}
        response = await post(edge, "competition/arena/battles", {"prompt": "?"}, headers=headers)
        assert response.status_code == 201
        assert (await edge.client.get("/api/competition/leaderboard")).status_code == 200
        assert (await post(edge, "competition/submissions", ENTRY)).status_code == 201


async def test_without_a_service_all_of_it_is_not_found() -> None:
    async with running_edge() as edge:
        for path in ("competition/leaderboard", "competition/arena/ratings", "marketplace/components"):
            response = await edge.client.get(f"/api/{path}")
            assert (response.status_code, response.json()["error"]["code"]) == (404, "no_competition")


async def test_a_service_that_is_away_is_a_503_and_chats_go_on() -> None:
    async with running_edge(competition="127.0.0.1:1") as edge:
        response = await edge.client.get("/api/competition/leaderboard")
        assert (response.status_code, response.json()["error"]["code"]) == (503, "competition_unavailable")
        assert (await edge.chat()).status_code == 200
