"""A sandbox service that is full, refuses, dies or babbles is no fault of an answer."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from support.http_service import serving
from support.scoring import task_with

from janus_bench.quality.scoring import Scorers, ScoringUnavailable
from janus_bench.quality.task import Answer, Score

RULE = {"kind": "code", "entry": "f", "calls": [{"call": "f()", "returns": 1}]}
GONE = JSONResponse({"error": {"code": "sandbox_gone", "message": "sandbox sb is gone: memory"}}, 503)


def refused(status: int, code: str = "no") -> Response:
    return JSONResponse({"error": {"code": code, "message": "no"}}, status)


@dataclass
class Sandy:
    """A sandbox service elsewhere: `rooms` answers creations one by one, `ran` every command."""

    rooms: list[Response] = field(default_factory=list)
    ran: Callable[[str], Response] | None = None
    calls: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    nonce: str = ""

    async def create(self, request: Request) -> Response:
        self.calls.append("create")
        self.keys.add(request.headers.get("authorization", ""))
        return self.rooms.pop(0) if self.rooms else JSONResponse({"sandboxId": "sb"}, 201)

    async def write(self, request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        if body["path"] == "job.json":
            self.nonce = json.loads(base64.b64decode(body["content"]))["nonce"]
        return JSONResponse({})

    async def execute(self, _: Request) -> Response:
        self.calls.append("exec")
        if self.ran is not None:
            return self.ran(self.nonce)
        return JSONResponse({"stdout": told(self.nonce, 1), "stderr": "", "exitCode": 0})

    async def terminate(self, _: Request) -> Response:
        self.calls.append("terminate")
        return JSONResponse({})


def told(nonce: str, value: Any) -> str:
    return f'{nonce}{{"test": "call 0", "value": {json.dumps(value)}}}\n'


@asynccontextmanager
async def scoring(sandy: Sandy) -> AsyncIterator[Scorers]:
    place = "/api/sandboxes/sb"
    routes = [
        Route("/api/sandboxes", sandy.create, methods=["POST"]),
        Route(f"{place}/files/write", sandy.write, methods=["POST"]),
        Route(f"{place}/exec", sandy.execute, methods=["POST"]),
        Route(f"{place}/terminate", sandy.terminate, methods=["POST"]),
    ]
    async with (
        serving(Starlette(routes=routes)) as url,
        Scorers(sandbox=url, judge=None, sandbox_key="secret") as scorers,
    ):
        yield scorers


async def score_of(sandy: Sandy) -> Score:
    async with scoring(sandy) as scorers:
        return await scorers.score(task_with(RULE), Answer(content="def f(): return 1"))


async def test_each_answer_has_a_sandbox_of_its_own_that_is_ended() -> None:
    sandy = Sandy()
    assert (await score_of(sandy)).value == 1
    assert sandy.calls == ["create", "exec", "terminate"]
    assert sandy.keys == {"Bearer secret"}


async def test_a_full_service_is_waited_for() -> None:
    sandy = Sandy(rooms=[refused(429, "no_capacity"), refused(429, "no_capacity")])
    assert (await score_of(sandy)).value == 1
    assert sandy.calls.count("create") == 3


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (refused(401), "no sandbox could be made: 401"),
        (refused(500), "no sandbox could be made: 500"),
        (JSONResponse({"id": "sb"}), "no sandbox could be made: 200"),
        (PlainTextResponse("hello"), "did not answer in JSON"),
    ],
)
async def test_a_service_that_makes_no_sandbox_is_named(room: Response, said: str) -> None:
    with pytest.raises(ScoringUnavailable, match=said):
        await score_of(Sandy(rooms=[room]))


async def test_a_sandbox_that_ends_under_the_code_is_tried_once_more() -> None:
    answers = [GONE, None]

    def ran(nonce: str) -> Response:
        return answers.pop(0) or JSONResponse({"stdout": told(nonce, 1), "stderr": "", "exitCode": 0})

    sandy = Sandy(ran=ran)
    assert (await score_of(sandy)).value == 1
    assert sandy.calls == ["create", "exec", "terminate"] * 2


async def test_code_that_ends_every_sandbox_is_wrong() -> None:
    score = await score_of(Sandy(ran=lambda _: GONE))
    assert (score.value, score.explanation) == (0, "its sandbox ended: 503 sandbox sb is gone: memory")


@pytest.mark.parametrize("answer", [refused(500), JSONResponse({"stdout": "x"}), PlainTextResponse("hello")])
async def test_a_service_that_cannot_run_a_command_is_named_and_the_sandbox_ended(answer: Response) -> None:
    sandy = Sandy(ran=lambda _: answer)
    with pytest.raises(ScoringUnavailable, match="the sandbox service"):
        await score_of(sandy)
    assert sandy.calls[-1] == "terminate"


@pytest.mark.parametrize(
    "line", ["", "[" * 100_000, '{"test": 1}', '{"test": "call 0"}', '{"test": "call 0", "value": NaN}']
)
async def test_output_that_is_no_result_is_a_wrong_answer(line: str) -> None:
    sandy = Sandy(ran=lambda nonce: JSONResponse({"stdout": f"{nonce}{line}\n", "stderr": "", "exitCode": 0}))
    assert (await score_of(sandy)).value == 0


async def test_the_first_word_on_a_test_counts() -> None:
    def ran(nonce: str) -> Response:
        return JSONResponse({"stdout": told(nonce, 2) + told(nonce, 1), "stderr": "", "exitCode": 0})

    assert (await score_of(Sandy(ran=ran))).value == 0
