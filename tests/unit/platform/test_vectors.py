"""Vectors: the real embedding model and the real store, through the HTTP surface."""

import base64
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from support.platform_gate import guarded, shown
from support.platform_services import platform_with

from janus_platform.embeddings import openai_form
from janus_platform.embeddings.embedder import Embedder, embedding_worker
from janus_platform.gate.errors import UpstreamFailed
from janus_platform.vectors.routes import vector_routes
from janus_platform.vectors.service import VectorService
from janus_platform.vectors.sqlite_store import SqliteStore, vector_database
from janus_platform.worker.client import Worker

pytestmark = pytest.mark.asyncio(loop_scope="module")

Vectors = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
FACTS = {
    "bridge": "The bridge over the river was finished in 1894 and carries trains.",
    "bread": "Sourdough bread rises slowly because of wild yeast.",
    "whale": "Blue whales are the largest animals that ever lived.",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def embedder() -> AsyncIterator[Embedder]:
    """Its process loads the model once for all."""
    async with embedding_worker() as worker:
        yield Embedder(worker)


@pytest.fixture
def vectors(embedder: Embedder) -> Vectors:
    @asynccontextmanager
    async def opened(folder: Path, *, most: int = 100) -> AsyncIterator[httpx.AsyncClient]:
        gate = guarded()
        async with vector_database(folder / "vectors.sqlite") as database:
            service = VectorService(SqliteStore(database), embedder, most_documents=most)
            async with platform_with([vector_routes(service, gate)], gate) as client:
                yield client

    return opened


async def keep(client: httpx.AsyncClient, collection: str = "facts", **options) -> httpx.Response:
    documents = [{"id": id_, "text": text, "metadata": {"about": id_}} for id_, text in FACTS.items()]
    return await client.post(f"/v1/vectors/{collection}/upsert", json={"documents": documents}, **options)


async def found(client: httpx.AsyncClient, query: str, collection: str = "facts", **options) -> list[str]:
    asked = {"query": query, "limit": 2}
    answer = await client.post(f"/v1/vectors/{collection}/search", json=asked, **options)
    return [match["id"] for match in answer.json()["matches"]]


async def test_texts_are_found_by_meaning_best_first(vectors, tmp_path):
    async with vectors(tmp_path) as client:
        assert (await keep(client)).json()["ids"] == list(FACTS)
        assert (await found(client, "How are loaves baked?"))[0] == "bread"
        assert (await found(client, "big sea creature"))[0] == "whale"
        answer = await client.post("/v1/vectors/facts/search", json={"query": "railway", "limit": 1})
    (match,) = answer.json()["matches"]
    assert (match["text"], match["metadata"]) == (FACTS["bridge"], {"about": "bridge"})
    assert 0 < match["score"] <= 1


async def test_they_are_there_after_a_restart(vectors, tmp_path):
    async with vectors(tmp_path) as client:
        await keep(client)
    async with vectors(tmp_path) as client:
        assert (await found(client, "yeast"))[0] == "bread"


async def test_a_text_under_the_same_id_takes_the_others_place(vectors, tmp_path):
    async with vectors(tmp_path) as client:
        for text in ("all about bread and yeast", "all about trains"):
            await client.post("/v1/vectors/c/upsert", json={"documents": [{"id": "x", "text": text}]})
        listed = (await client.get("/v1/vectors")).json()["collections"]
        assert listed == [{"name": "c", "documents": 1}]
        assert await found(client, "trains", "c") == ["x"]


async def test_a_text_without_an_id_is_kept_once(vectors, tmp_path):
    async with vectors(tmp_path) as client:
        for _ in range(2):
            answer = await client.post("/v1/vectors/c/upsert", json={"documents": [{"text": "same"}]})
        assert (await client.get("/v1/vectors")).json()["collections"][0]["documents"] == 1
        assert len(answer.json()["ids"][0]) == 32


async def test_each_competitor_sees_its_own_alone(vectors, tmp_path):
    async with vectors(tmp_path) as client:
        await keep(client, headers=shown("mine"))
        assert await found(client, "bread", headers=shown("mine"))
        assert await found(client, "bread", headers=shown("other")) == []
        await client.delete("/v1/vectors/facts", headers=shown("other"))
        assert await found(client, "bread", headers=shown("mine"))


async def test_documents_and_collections_can_go(vectors, tmp_path):
    async with vectors(tmp_path) as client:
        await keep(client)
        gone = await client.post("/v1/vectors/facts/delete", json={"ids": ["bread", "never there"]})
        assert gone.json() == {"deleted": 1}
        assert "bread" not in await found(client, "bread")
        assert (await client.delete("/v1/vectors/facts")).json() == {"deleted": 2}
        assert (await client.get("/v1/vectors")).json()["collections"] == []


async def test_what_it_took_is_charged_but_is_no_chat_token(vectors, tmp_path):
    async with vectors(tmp_path) as client:
        await keep(client, headers=shown())
        account = (await client.get("/v1/usage", headers=shown())).json()
    assert account["embedding_tokens"] > 20
    assert (account["prompt_tokens"], account["inference_calls"]) == (0, 0)


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        (
            "notes/upsert",
            {"documents": [{"text": "a", "metadata": {"a": "x" * 20_000}}]},
            "documents[0].metadata",
        ),
        ("c/upsert", {"documents": []}, "documents"),
        ("c/upsert", {"documents": [{"text": ""}]}, "documents[0].text"),
        ("c/upsert", {"documents": [{"text": "x", "vector": [1]}]}, "documents[0].vector"),
        ("c/search", {"query": "x", "limit": 101}, "limit"),
        ("c/search", {}, "query"),
        ("c/delete", {"ids": []}, "ids"),
        ("-c/search", {"query": "x"}, "collection"),
        ("%C3%A9/search", {"query": "x"}, "collection"),
    ],
)
async def test_a_wrong_field_is_named(vectors, tmp_path, path, body, param):
    async with vectors(tmp_path) as client:
        answer = await client.post(f"/v1/vectors/{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_no_more_is_kept_for_a_caller_than_the_bound(vectors, tmp_path):
    async with vectors(tmp_path, most=4) as client:
        assert (await keep(client)).status_code == 200
        assert (await keep(client, "more")).status_code == 413


async def test_a_file_that_is_no_database_is_said_to_be_unusable(vectors, tmp_path):
    (tmp_path / "vectors.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(OSError, match="cannot use"):
        async with vectors(tmp_path):
            pass


# The model itself.


async def test_embeddings_are_openais_in_both_formats(embedder):
    plain, tokens = await openai_form.answer(b'{"model": "m", "input": ["a", "b"]}', embedder)
    packed, _ = await openai_form.answer(b'{"input": ["a", "b"], "encoding_format": "base64"}', embedder)
    assert [len(each["embedding"]) for each in plain["data"]] == [384, 384]
    assert plain["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}
    decoded = [array("f", base64.b64decode(each["embedding"])).tolist() for each in packed["data"]]
    assert decoded == [each["embedding"] for each in plain["data"]]


async def test_a_zero_in_a_text_does_not_end_it(embedder):
    whole, _ = (await embedder.embed(["yeast\x00 and bread", "x"], "query")).vectors
    cut, _ = (await embedder.embed(["yeast", "x"], "query")).vectors
    assert whole != cut


async def test_a_worker_that_died_is_started_again():
    async with embedding_worker() as worker:
        embedder = Embedder(worker)
        await embedder.embed(["x"], "query")
        worker._process.kill()
        await worker._process.wait()
        assert (await embedder.embed(["x"], "query")).tokens > 0


async def test_a_worker_that_takes_too_long_is_ended_and_the_next_call_works():
    async with Worker("janus_platform.embeddings.embedder_process", seconds=0.001) as worker:
        embedder = Embedder(worker)
        with pytest.raises(UpstreamFailed) as late:
            await embedder.embed(["x"], "query")
        assert late.value.code == "worker_timeout"
        worker._seconds = 20
        assert (await embedder.embed(["x"], "query")).tokens > 0
