"""Bodies of services whose framework parses JSON by itself: bounded in values while they arrive."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel
from support.http_service import serving

from janus_mesh.errors import InvalidRequest
from janus_mesh.http import JsonBounds, answer_errors

LIMIT = 10


class Body(BaseModel):
    """What the service reads."""

    items: list[int]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(docs_url=None, redoc_url=None)
    answer_errors(app, "the test")
    app.add_middleware(JsonBounds, max_values=LIMIT)

    @app.post("/items")
    async def items(body: Body) -> int:
        return len(body.items)

    @app.post("/raw")
    async def raw(request: Request) -> int:
        return len(await request.body())

    @app.post("/refused")
    async def refused(request: Request) -> None:
        await request.body()
        raise InvalidRequest("another reason", code="mine")

    async with serving(app) as url, httpx.AsyncClient(base_url=url, verify=False) as client:
        yield client


async def test_a_body_within_the_bound_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/items", json={"items": [1] * (LIMIT - 2)})
    assert (answer.status_code, answer.json()) == (200, LIMIT - 2)


@pytest.mark.parametrize("path", ["/items", "/raw"])
async def test_a_body_beyond_the_bound_is_refused_whoever_reads_it(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.post(path, json={"items": [1] * (LIMIT - 1)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_many_values")


async def test_a_body_that_comes_in_parts_is_counted_as_one(client: httpx.AsyncClient) -> None:
    body = json.dumps({"items": [1] * (LIMIT - 2), "text": '\\",[' * 100}).encode()

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 3):
            yield body[start : start + 3]

    headers = {"content-type": "application/json"}
    allowed = await client.post("/items", content=parts(), headers=headers)
    assert allowed.json()["error"]["code"] == "too_many_values"  # the text is one value too many
    shorter = json.dumps({"items": [1] * (LIMIT - 3), "text": '\\",[' * 100}).encode()
    assert (await client.post("/items", content=shorter, headers=headers)).status_code == 200


async def test_a_body_without_a_type_is_counted(client: httpx.AsyncClient) -> None:
    answer = await client.post("/raw", content=b"," * 20)
    assert answer.json()["error"]["code"] == "too_many_values"


@pytest.mark.parametrize("media_type", ["application/octet-stream", "image/png", "multipart/form-data"])
async def test_what_is_not_json_is_not_counted(client: httpx.AsyncClient, media_type: str) -> None:
    answer = await client.post("/raw", content=b"," * 100, headers={"content-type": media_type})
    assert answer.json() == 100


async def test_other_errors_of_the_application_stay_its_own(client: httpx.AsyncClient) -> None:
    answer = await client.post("/refused", json={})
    assert answer.json()["error"]["code"] == "mine"
