"""Vectors in Qdrant: the same promises as in a file, over its REST interface."""

from array import array
from collections.abc import AsyncIterator

import pytest
from support.http_service import serving
from support.qdrant_double import QdrantDouble
from support.stack import free_port

from janus_mesh.errors import Unavailable
from janus_platform.vectors.qdrant_store import QdrantStore
from janus_platform.vectors.store import Document, Space

FACTS = Space("mine", "facts")


def vector(*first: float) -> bytes:
    return array("f", [*first, *[0.0] * (384 - len(first))]).tobytes()


def document(id_: str, *first: float) -> Document:
    return Document(id_, f"about {id_}", {"n": 1}, vector(*first))


@pytest.fixture
async def qdrant() -> AsyncIterator[tuple[QdrantStore, QdrantDouble]]:
    double = QdrantDouble()
    async with serving(double.app) as url, QdrantStore(url, "sk-q", seconds=5) as store:
        yield store, double


async def test_the_collection_is_made_once_with_an_index_for_each_filter(qdrant):
    store, double = qdrant
    for _ in range(2):
        await store.upsert(FACTS, [document("a", 1.0)])
    assert double.settings == {"vectors": {"size": 384, "distance": "Cosine"}}
    assert double.indexed == ["owner", "collection"]
    assert double.keys == {"sk-q"}


async def test_the_nearest_come_first(qdrant):
    store, _ = qdrant
    await store.upsert(
        FACTS, [document("far", 0.0, 1.0), document("near", 1.0, 0.1), document("mid", 1.0, 1.0)]
    )
    found = await store.search(FACTS, vector(1.0), 2)
    assert [(match.id, match.text, match.metadata) for match in found] == [
        ("near", "about near", {"n": 1}),
        ("mid", "about mid", {"n": 1}),
    ]
    assert 0.9 < found[0].score <= 1


async def test_the_same_id_is_one_document(qdrant):
    store, _ = qdrant
    await store.upsert(FACTS, [document("a", 1.0)])
    await store.upsert(FACTS, [document("a", 0.0, 1.0)])
    assert await store.collections("mine") == {"facts": 1}


async def test_owners_and_collections_are_kept_apart(qdrant):
    store, _ = qdrant
    for space in (FACTS, Space("mine", "other"), Space("theirs", "facts")):
        await store.upsert(space, [document("a", 1.0)])
    assert await store.collections("mine") == {"facts": 1, "other": 1}
    assert await store.delete(FACTS, None) == 1
    assert await store.search(FACTS, vector(1.0), 5) == []
    assert len(await store.search(Space("theirs", "facts"), vector(1.0), 5)) == 1


async def test_documents_go_by_id(qdrant):
    store, _ = qdrant
    await store.upsert(FACTS, [document("a", 1.0), document("b", 1.0)])
    assert await store.delete(FACTS, ["a", "never there"]) == 1
    assert [match.id for match in await store.search(FACTS, vector(1.0), 5)] == ["b"]


async def test_a_qdrant_that_is_away_is_unavailable():
    async with QdrantStore(f"http://127.0.0.1:{free_port()}", "", seconds=2) as store:
        with pytest.raises(Unavailable) as away:
            await store.collections("mine")
    assert away.value.code == "index_failed"
