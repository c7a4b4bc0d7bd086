"""What every vector store promises: the file, a double of Qdrant's REST interface, real pgvector."""

import asyncio
import uuid
from array import array
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest
from support.http_service import serving
from support.late_ending import late_ending
from support.postgres import cluster
from support.qdrant_double import QdrantDouble
from support.stack import free_port

from janus_mesh.errors import Unavailable
from janus_mesh.settings import load
from janus_platform.settings import PlatformSettings
from janus_platform.vectors.postgres_store import PostgresStore
from janus_platform.vectors.qdrant_store import QdrantStore
from janus_platform.vectors.sqlite_store import SqliteStore, vector_database
from janus_platform.vectors.store import Document, Space, VectorStore

FACTS = Space("mine", "facts")


def vector(*first: float) -> bytes:
    return array("f", [*first, *[0.0] * (384 - len(first))]).tobytes()


def document(id_: str, *first: float) -> Document:
    return Document(id_, f"about {id_}", {"n": 1}, vector(*first))


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with cluster(pgvector=True) as address:
        yield address


@pytest.fixture
async def database(postgres: str) -> str:
    """The address of an empty database."""
    name = f"t{uuid.uuid4().hex}"
    connection = await asyncpg.connect(f"{postgres}/postgres")
    await connection.execute(f"create database {name}")
    await connection.close()
    return f"{postgres}/{name}"


@pytest.fixture
async def qdrant() -> AsyncIterator[tuple[QdrantStore, QdrantDouble]]:
    double = QdrantDouble()
    async with serving(double.app) as url, QdrantStore(url, "sk-q", seconds=5) as store:
        yield store, double


@pytest.fixture
async def sqlite_store(tmp_path) -> AsyncIterator[VectorStore]:
    async with vector_database(tmp_path / "vectors.sqlite") as file:
        yield SqliteStore(file)


@pytest.fixture
def qdrant_store(qdrant) -> VectorStore:
    return qdrant[0]


@pytest.fixture
async def postgres_store(database) -> AsyncIterator[VectorStore]:
    async with PostgresStore(database, seconds=5) as store:
        yield store


@pytest.fixture(params=["sqlite", "qdrant", "postgres"])
def store(request: pytest.FixtureRequest) -> VectorStore:
    return request.getfixturevalue(f"{request.param}_store")


async def test_the_nearest_come_first(store):
    await store.upsert(
        FACTS, [document("far", 0.0, 1.0), document("near", 1.0, 0.1), document("mid", 1.0, 1.0)]
    )
    found = await store.search(FACTS, vector(1.0), 2)
    assert [(match.id, match.text, match.metadata) for match in found] == [
        ("near", "about near", {"n": 1}),
        ("mid", "about mid", {"n": 1}),
    ]
    assert [match.score for match in found] == pytest.approx([0.995, 0.707], abs=0.001)


async def test_the_same_id_is_one_document_and_the_last_one_counts(store):
    await store.upsert(FACTS, [document("a", 0.5), document("a", 1.0)])
    await store.upsert(FACTS, [document("b", 1.0), Document("a", "anew", {}, vector(0.0, 1.0))])
    assert await store.collections("mine") == {"facts": 2}
    assert [match.text for match in await store.search(FACTS, vector(0.0, 1.0), 1)] == ["anew"]


async def test_owners_and_collections_are_kept_apart(store):
    for space in (FACTS, Space("mine", "other"), Space("theirs", "facts")):
        await store.upsert(space, [document("a", 1.0)])
    assert await store.collections("mine") == {"facts": 1, "other": 1}
    assert await store.delete(FACTS, None) == 1
    assert await store.search(FACTS, vector(1.0), 5) == []
    assert len(await store.search(Space("theirs", "facts"), vector(1.0), 5)) == 1


async def test_documents_go_by_id(store):
    await store.upsert(FACTS, [document("a", 1.0), document("b", 1.0)])
    assert await store.delete(FACTS, ["a", "never there"]) == 1
    assert [match.id for match in await store.search(FACTS, vector(1.0), 5)] == ["b"]


async def test_every_character_is_kept(store):
    strange = Document("a\x00'b", "zero \x00, quote ', {brace}, ✓", {"k\x00": [None, 1.5]}, vector(1.0))
    await store.upsert(FACTS, [strange])
    (match,) = await store.search(FACTS, vector(1.0), 1)
    assert (match.id, match.text, match.metadata) == (strange.id, strange.text, strange.metadata)
    assert await store.delete(FACTS, [strange.id]) == 1


async def test_calls_at_once_do_not_hinder_each_other(store):
    ids = [f"d{number}" for number in range(20)]
    some, others = [document(id_, 1.0) for id_ in ids], [document(id_, 0.0, 1.0) for id_ in reversed(ids)]
    await asyncio.gather(*(store.upsert(FACTS, batch) for batch in (some, others) * 4))
    assert await store.collections("mine") == {"facts": 20}


@pytest.mark.parametrize("kind", ["qdrant", "postgres"])
async def test_a_store_that_is_away_is_unavailable(kind):
    port = free_port()
    away = {
        "qdrant": QdrantStore(f"http://127.0.0.1:{port}", "", seconds=2),
        "postgres": PostgresStore(f"postgresql://janus@127.0.0.1:{port}/none", seconds=2),
    }[kind]
    async with away as store:
        with pytest.raises(Unavailable) as failed:
            await store.collections("mine")
    assert failed.value.code == "index_failed"


# What is each one's own.


async def test_qdrants_collection_is_made_once_with_an_index_for_each_filter(qdrant):
    store, double = qdrant
    for _ in range(2):
        await store.upsert(FACTS, [document("a", 1.0)])
    assert double.settings == {"vectors": {"size": 384, "distance": "Cosine"}}
    assert double.indexed == ["owner", "collection"]
    assert double.keys == {"sk-q"}


async def test_replicas_over_one_empty_database_share_what_they_make(database):
    stores = [PostgresStore(database, seconds=5) for _ in range(4)]
    async with stores[0], stores[1], stores[2], stores[3]:
        await asyncio.gather(
            *(each.upsert(FACTS, [document(f"d{number}", 1.0)]) for number, each in enumerate(stores))
        )
        assert await stores[0].collections("mine") == {"facts": 4}


async def test_a_database_that_was_restarted_is_dialled_anew(database, postgres_store):
    await postgres_store.upsert(FACTS, [document("a", 1.0)])
    await end_connections(database)
    async with asyncio.timeout(5):
        while True:  # until the news of it has come
            try:
                assert await postgres_store.collections("mine") == {"facts": 1}
                return
            except Unavailable:
                await asyncio.sleep(0)


async def test_a_connection_that_the_database_has_given_up_is_given_up_before_its_end_is_seen(database):
    address = urlsplit(database)
    async with (
        late_ending(address.port) as port,
        PostgresStore(f"postgresql://janus@127.0.0.1:{port}{address.path}", seconds=5) as store,
    ):
        await store.upsert(FACTS, [document("a", 1.0)])
        await end_connections(database)
        with pytest.raises(Unavailable) as failed:
            await store.collections("mine")
        assert failed.value.code == "index_failed"
        assert await store.collections("mine") == {"facts": 1}


async def end_connections(database: str) -> None:
    """All that others have to it."""
    own = await asyncpg.connect(database)
    await own.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    await own.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"PGVECTOR_URL": "mysql://h/d"}, "PGVECTOR_URL: Value error, must begin with postgresql://"),
        ({"PGVECTOR_URL": "postgresql://h/d", "QDRANT_URL": "http://h"}, "only one of them"),
    ],
)
def test_a_store_that_cannot_be_meant_is_refused_at_the_start(monkeypatch, capsys, given, said):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        load(PlatformSettings)
    told = capsys.readouterr().err
    assert said in told
    assert not any(value in told for value in ("sk-secret", "//h/d"))
