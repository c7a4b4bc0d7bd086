"""Web search: the local index, and the engines on the network, which a scripted server stands in for."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor, Script
from support.platform_gate import guarded, shown
from support.platform_services import platform_with

from janus_platform.search.local_index import IndexedPage, LocalIndex, documents_in, search_database
from janus_platform.search.remote import Searxng, Serper
from janus_platform.search.routes import search_routes


@asynccontextmanager
async def local(folder, *, most: int = 10) -> AsyncIterator[tuple[httpx.AsyncClient, LocalIndex]]:
    gate = guarded()
    async with search_database(folder / "search.sqlite") as database:
        index = LocalIndex(database, most_pages=most)
        async with platform_with([search_routes(index, gate)], gate) as client:
            yield client, index


async def urls(client: httpx.AsyncClient, query: str, **options) -> list[str]:
    answer = await client.post("/v1/search", json={"query": query}, **options)
    assert answer.status_code == 200, answer.text
    return [result["url"] for result in answer.json()["results"]]


def page(number: int, body: str = "words") -> IndexedPage:
    return IndexedPage(f"http://site.test/{number}", f"Page {number}", body)


# The local index.


async def test_it_says_that_it_is_local(tmp_path):
    async with local(tmp_path) as (client, _):
        answer = await client.post("/v1/search", json={"query": "anything"})
    assert answer.json() == {"source": "local index", "results": []}


async def test_fetched_pages_are_found_by_their_words_best_first(tmp_path):
    async with local(tmp_path) as (client, index):
        await index.add("anonymous", page(1, "a bridge over a river"))
        await index.add("anonymous", page(2, "bridges, bridges and nothing but bridges"))
        answer = await client.post("/v1/search", json={"query": "the bridge?"})
        results = answer.json()["results"]
    assert [result["url"] for result in results] == ["http://site.test/2", "http://site.test/1"]
    assert "bridges" in results[0]["snippet"]


async def test_a_page_fetched_again_is_found_as_it_is_now(tmp_path):
    async with local(tmp_path) as (client, index):
        await index.add("anonymous", page(1, "old"))
        await index.add("anonymous", page(1, "new"))
        assert await urls(client, "old") == []
        assert await urls(client, "new") == ["http://site.test/1"]


async def test_what_was_fetched_for_one_competitor_is_not_found_by_another(tmp_path):
    async with local(tmp_path) as (client, index):
        await index.add("mine", page(1))
        assert await urls(client, "words", headers=shown("mine")) == ["http://site.test/1"]
        assert await urls(client, "words", headers=shown("other")) == []


async def test_documents_are_found_by_everybody_under_their_path(tmp_path):
    docs = tmp_path / "docs"
    (docs / "decisions").mkdir(parents=True)
    (docs / "decisions" / "1.md").write_text("# Links\n\nOne stream between two processes.")
    async with local(tmp_path) as (client, index):
        for _ in range(2):
            await index.replace_documents(documents_in(docs))
        assert await urls(client, "stream", headers=shown("anyone")) == ["docs/decisions/1.md"]


def test_no_folder_holds_no_documents(tmp_path):
    assert documents_in(tmp_path / "nowhere") == []


async def test_the_oldest_pages_make_room(tmp_path):
    async with local(tmp_path, most=2) as (client, index):
        for number in (1, 2, 3):
            await index.add("anonymous", page(number))
        assert sorted(await urls(client, "words")) == ["http://site.test/2", "http://site.test/3"]


@pytest.mark.parametrize(
    "query", ['"', "a AND", "NEAR(", "*", "title:x", "'; drop table pages", "?!", "a" * 1000]
)
async def test_no_query_is_a_command(tmp_path, query):
    async with local(tmp_path) as (client, index):
        await index.add("anonymous", page(1))
        await urls(client, query)
        assert await urls(client, "words") == ["http://site.test/1"]


@pytest.mark.parametrize(
    ("body", "param"), [({}, "query"), ({"query": ""}, "query"), ({"query": "x", "limit": 0}, "limit")]
)
async def test_a_wrong_field_is_named(tmp_path, body, param):
    async with local(tmp_path) as (client, _):
        answer = await client.post("/v1/search", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_an_index_that_fails_is_said_to(tmp_path):
    async with local(tmp_path) as (client, index):
        await index._database.run(lambda connection: connection.execute("drop table pages"))
        answer = await client.post("/v1/search", json={"query": "words"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "index_failed")


# Engines on the network.


@asynccontextmanager
async def engine(
    name: str, script: Script, *, seconds: float = 5
) -> AsyncIterator[tuple[httpx.AsyncClient, HttpCompetitor]]:
    gate = guarded()
    async with HttpCompetitor(script) as server:
        server.routes["/search"] = script
        made = (
            Searxng(server.url, seconds=seconds)
            if name == "searxng"
            else Serper(server.url, "sk-search", seconds=seconds)
        )
        async with made, platform_with([search_routes(made, gate)], gate) as client:
            yield client, server


async def test_searxng_is_asked_for_json_and_its_hits_come_in_one_form():
    hits = {
        "results": [
            {"title": "T", "url": "http://a.test/", "content": "S", "engine": "x"},
            {"title": "no url"},
            7,
        ]
    }
    async with engine("searxng", scripts.answer(200, json.dumps(hits).encode())) as (client, server):
        answer = await client.post("/v1/search", json={"query": "a b"})
    assert answer.json() == {
        "source": "searxng",
        "results": [{"title": "T", "url": "http://a.test/", "snippet": "S"}],
    }
    assert server.requests[0].target == "/search?q=a+b&format=json"


async def test_serper_gets_its_key_and_the_query():
    hits = {"organic": [{"title": "T", "link": "http://a.test/", "snippet": "S"}] * 3}
    async with engine("serper", scripts.answer(200, json.dumps(hits).encode())) as (client, server):
        answer = await client.post("/v1/search", json={"query": "q", "limit": 2})
    assert (answer.json()["source"], len(answer.json()["results"])) == ("serper", 2)
    assert server.requests[0].headers["x-api-key"] == "sk-search"
    assert server.requests[0].json == {"q": "q", "num": 2}


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        (scripts.answer(403, b"{}"), 502, "search_failed"),
        (scripts.answer(200, b"<html>"), 502, "search_failed"),
        (scripts.answer(200, b"[]"), 502, "search_failed"),
        (scripts.answer(200, b"x" * 5_000_000), 502, "search_failed"),
        (scripts.FAULTS["reset-before-head"], 502, "search_failed"),
        (scripts.hang_before_head, 504, "search_timeout"),
    ],
)
async def test_an_engine_that_fails_is_said_to(script, status, code):
    async with engine("searxng", script, seconds=0.5) as (client, _):
        answer = await client.post("/v1/search", json={"query": "q"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
