"""The catalogue, and trials as far as the platform's own tests do not go."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response
from support.competition_service import Competition, client, refusal, running_competition
from support.edge_stack import serving_http
from support.stack import free_port

from janus_competition.marketplace import trials
from janus_competition.marketplace.catalogue import manifests
from janus_competition.marketplace.rates import TrialRates
from janus_mesh import request_token
from janus_mesh.errors import (
    CompetitorFailed,
    CompetitorTimeout,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    Unavailable,
)
from janus_proto._gen.janus.competition.v1 import marketplace_pb2 as pb

KEY = "p" * 32


def trial(component: str = "web-search", text: str = "bulls") -> pb.TryComponentRequest:
    return pb.TryComponentRequest(component_id=component, input=text, client=client())


@asynccontextmanager
async def open_to_trials(folder: Path, port: int, **given: object) -> AsyncIterator[Competition]:
    """The service in front of whatever answers on this port."""
    settings = {"try_it": True, "platform_key": KEY, "platform_url": f"http://127.0.0.1:{port}", **given}
    async with running_competition(folder, **settings) as competition:
        yield competition


def small_platform(status: int, body: bytes) -> tuple[FastAPI, list[Request]]:
    """A platform that answers everything so."""
    app, asked = FastAPI(), list[Request]()

    @app.post("/{path:path}")
    async def answer(request: Request, path: str) -> Response:
        asked.append(request)
        return Response(body, status, media_type="application/json")

    return app, asked


async def test_every_manifest_is_listed_by_name(tmp_path: Path) -> None:
    async with running_competition(tmp_path) as competition:
        reply = await competition.marketplace.ListComponents(pb.ListComponentsRequest())
    names = [component.name for component in reply.components]
    assert names == sorted(names, key=str.casefold)
    assert len(names) == len(manifests()) >= 8
    assert not reply.trials_open


def test_every_trial_that_is_offered_exists() -> None:
    called = {one.id for one in manifests() if one.trial and not one.trial.model}
    assert called == set(trials._TRIALS)


async def test_trials_are_closed_unless_the_operator_opens_them(tmp_path: Path) -> None:
    async with running_competition(tmp_path) as competition:
        error = await refusal(competition.marketplace.TryComponent(trial()))
    assert isinstance(error, PermissionDenied)
    assert error.code == "trials_closed"


async def test_a_trial_calls_with_a_token_of_a_small_budget(tmp_path: Path) -> None:
    app, asked = small_platform(200, b'{"source": "local index", "results": []}')
    async with serving_http(app) as port, open_to_trials(tmp_path, port) as competition:
        tried = await competition.marketplace.TryComponent(trial())
    assert "local index" in tried.output
    assert tried.call == "POST /v1/search"
    token = request_token.verify(KEY, asked[0].headers["x-janus-token"])
    assert (token.competitor, token.budget_usd) == ("marketplace-trial", 0.01)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            403,
            b'{"error": {"message": "10.0.0.1 is not public", "code": "address_refused"}}',
            PermissionDenied,
        ),
        (429, b'{"error": {"message": "slow down"}}', RateLimited),
        (500, b"{}", CompetitorFailed),
        (200, b"<html>", CompetitorFailed),
        (200, b'"' + b"x" * (1024 * 1024) + b'"', CompetitorFailed),
    ],
    ids=["refused", "limited", "fault", "no-json", "huge"],
)
async def test_what_the_platform_says_becomes_a_typed_error(
    tmp_path: Path, status: int, body: bytes, kind: type
) -> None:
    app, _ = small_platform(status, body)
    async with serving_http(app) as port, open_to_trials(tmp_path, port) as competition:
        error = await refusal(competition.marketplace.TryComponent(trial()))
    assert isinstance(error, kind)


async def test_an_answer_of_another_shape_is_the_components_fault(tmp_path: Path) -> None:
    app, _ = small_platform(200, b'{"data": []}')
    async with serving_http(app) as port, open_to_trials(tmp_path, port) as competition:
        error = await refusal(competition.marketplace.TryComponent(trial("embeddings")))
    assert isinstance(error, CompetitorFailed)


async def test_a_platform_that_is_away_is_told(tmp_path: Path) -> None:
    async with open_to_trials(tmp_path, free_port()) as competition:
        error = await refusal(competition.marketplace.TryComponent(trial()))
    assert isinstance(error, Unavailable)
    assert error.code == "platform_unavailable"


async def test_a_platform_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "SECONDS", 0.2)
    app = FastAPI()

    @app.post("/{path:path}")
    async def hang(request: Request, path: str) -> None:
        await request.is_disconnected()
        while not await request.is_disconnected():
            pass

    async with serving_http(app) as port, open_to_trials(tmp_path, port) as competition:
        error = await refusal(competition.marketplace.TryComponent(trial()))
    assert isinstance(error, CompetitorTimeout)


async def test_what_cannot_be_tried_is_named(tmp_path: Path) -> None:
    async with open_to_trials(tmp_path, free_port()) as competition:
        unknown = await refusal(competition.marketplace.TryComponent(trial("chat-mesh")))
        empty = await refusal(competition.marketplace.TryComponent(trial(text=" ")))
        long = await refusal(competition.marketplace.TryComponent(trial(text="x" * 2001)))
    assert isinstance(unknown, NotFound)
    assert isinstance(empty, InvalidRequest)
    assert (empty.param, long.param) == ("input", "input")


def test_one_client_tries_only_so_often() -> None:
    now = [0.0]
    rates = TrialRates(2, clock=lambda: now[0])
    rates.take("a")
    rates.take("a")
    with pytest.raises(RateLimited) as caught:
        rates.take("a")
    assert caught.value.retry_after == 30
    rates.take("b")
    now[0] = 30
    rates.take("a")
