"""Bounds on what a client may upload, and on how long it may take."""

import gzip
import json

import pytest
from support.answers import say
from support.edge_stack import chat, running_edge

import janus_mesh as mesh

JSON = {"content-type": "application/json"}


async def test_a_body_that_announces_too_much_is_refused_unread() -> None:
    async with running_edge(max_body_bytes=1000) as edge, edge.connection() as connection:
        await connection.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"content-length: 1001\r\nexpect: 100-continue\r\n\r\n"
        )
        head = await connection.read_until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")


async def test_a_body_without_an_announced_length_is_refused_as_soon_as_it_is_too_large() -> None:
    async with running_edge(max_body_bytes=1000) as edge, edge.connection() as connection:
        await connection.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"transfer-encoding: chunked\r\n\r\n" + b"1f4\r\n" + b" " * 500 + b"\r\n"
        )
        await connection.send(b"1f5\r\n" + b" " * 501 + b"\r\n")  # and the end never comes
        head = await connection.read_until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")


async def test_the_connection_survives_a_body_that_was_too_large() -> None:
    async with running_edge(max_body_bytes=1000) as edge:
        refused = await edge.chat(text="x" * 2000)
        assert (await edge.chat()).status_code == 200
    assert refused.status_code == 413
    assert refused.json()["error"]["code"] == "request_too_large"


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    body = json.dumps(chat()).encode()
    async with running_edge(max_body_bytes=len(body)) as edge:
        response = await edge.client.post("/v1/chat/completions", content=body, headers=JSON)
    assert response.status_code == 200


async def test_a_body_that_comes_too_slowly_is_408_and_ends_the_connection() -> None:
    async with running_edge(body_timeout=0.1) as edge, edge.connection() as connection:
        await connection.send_head(json.dumps(chat()).encode())
        await connection.send(b'{"model"')
        answer = await connection.read_rest()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer
    assert b'"code":"request_timeout"' in answer


async def test_a_body_in_many_pieces_is_one_body() -> None:
    body = json.dumps(chat("in pieces")).encode()
    seen: list[str] = []

    async with running_edge() as edge, edge.connection() as connection:

        async def answer(exchange: mesh.Exchange) -> None:
            seen.append(exchange.request.messages[0].text)
            await say(exchange, "ok")

        edge.router.answer = answer
        await connection.send_head(body)
        for position in range(len(body)):
            await connection.send(body[position : position + 1])
        head = await connection.read_until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert seen == ["in pieces"]


async def test_a_large_body_reaches_the_competitor_whole() -> None:
    seen: list[int] = []

    async def answer(exchange: mesh.Exchange) -> None:
        seen.append(len(exchange.request.messages[0].text))
        await say(exchange, "ok")

    async with running_edge() as edge:
        edge.router.answer = answer
        response = await edge.chat(text="x" * 3_000_000)
    assert response.status_code == 200
    assert seen == [3_000_000]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"],
)
async def test_json_content_types_are_taken(content_type: str) -> None:
    async with running_edge() as edge:
        response = await edge.client.post(
            "/v1/chat/completions", content=json.dumps(chat()), headers={"content-type": content_type}
        )
    assert response.status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
async def test_other_content_types_are_415(content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    async with running_edge() as edge:
        response = await edge.client.post("/v1/chat/completions", content=json.dumps(chat()), headers=headers)
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "unsupported_media_type"


async def test_a_compressed_body_is_415() -> None:
    async with running_edge() as edge:
        response = await edge.client.post(
            "/v1/chat/completions",
            content=gzip.compress(json.dumps(chat()).encode()),
            headers={**JSON, "content-encoding": "gzip"},
        )
    assert response.status_code == 415


async def test_a_field_that_is_wrong_is_400_with_its_name() -> None:
    async with running_edge() as edge:
        response = await edge.chat(temperature="warm")
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "temperature"
