"""Vectors in PostgreSQL, by pgvector (0.5 or newer): for replicas that share one index.

All spaces share one table, made when it is first needed. A search reads the vectors of its own collection
alone and is exact, as in a file: an approximate index over all of them would lose what a small collection
holds among the neighbours of others.
"""

import json
from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import asyncpg

from janus_mesh import logs
from janus_mesh.errors import Unavailable
from janus_platform.embeddings.embedder import DIMENSIONS

from .store import Document, Match, Space

_MOST_CONNECTIONS = 8
# Any number, the same for all replicas: whoever holds it makes the table.
_MAKING_LOCK = 0x6A616E75735F76

# A document is kept as `json`, which unlike `text` and `jsonb` holds every character, the zero as well.
_SCHEMA = f"""
create extension if not exists vector;
create table if not exists janus_vectors (
    key uuid primary key,
    owner text not null,
    collection text not null,
    document json not null,
    embedding vector({DIMENSIONS}) not null
);
create index if not exists janus_vectors_space on janus_vectors (owner, collection);
"""
_UPSERT = """
insert into janus_vectors (key, owner, collection, document, embedding)
values ($1, $2, $3, $4, $5::real[]::vector)
on conflict (key) do update set document = excluded.document, embedding = excluded.embedding
"""
_SEARCH = """
select document, 1 - (embedding <=> $3::real[]::vector) as score from janus_vectors
where owner = $1 and collection = $2 order by embedding <=> $3::real[]::vector limit $4
"""
_DELETE = """
with gone as (
    delete from janus_vectors
    where owner = $1 and collection = $2 and ($3::uuid[] is null or key = any ($3::uuid[])) returning 1
) select count(*) from gone
"""
_COLLECTIONS = "select collection, count(*) from janus_vectors where owner = $1 group by collection"

_FAULTS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What a connection says that the server has ended with an error, until the end itself has come.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)

log = logs.get("vectors.postgres")


class PostgresStore:
    """A `VectorStore`; use as `async with`. Calls raise `Unavailable` when PostgreSQL fails."""

    def __init__(self, url: str, *, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self._pool: asyncpg.Pool
        self._made = False

    async def upsert(self, space: Space, documents: Sequence[Document]) -> None:
        rows = [
            (
                space.key(document.id),
                space.owner,
                space.collection,
                json.dumps({"id": document.id, "text": document.text, "metadata": document.metadata}),
                array("f", document.vector).tolist(),
            )
            for document in documents
        ]
        # In one order everywhere, lest two calls wait for each other's rows.
        rows.sort(key=lambda row: row[0])
        async with self._connection() as connection, connection.transaction():
            await connection.executemany(_UPSERT, rows)

    async def search(self, space: Space, vector: bytes, limit: int) -> list[Match]:
        wanted = array("f", vector).tolist()
        async with self._connection() as connection:
            rows = await connection.fetch(_SEARCH, space.owner, space.collection, wanted, limit)
        return [Match(**json.loads(row["document"]), score=float(row["score"])) for row in rows]

    async def delete(self, space: Space, ids: Sequence[str] | None) -> int:
        keys = None if ids is None else [space.key(id_) for id_ in ids]
        async with self._connection() as connection:
            return int(await connection.fetchval(_DELETE, space.owner, space.collection, keys))

    async def collections(self, owner: str) -> dict[str, int]:
        async with self._connection() as connection:
            rows = await connection.fetch(_COLLECTIONS, owner)
        return {str(row["collection"]): int(row["count"]) for row in rows}

    async def __aenter__(self) -> Self:
        """Connects to nobody yet: a database that is away must not keep the other services from starting."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=_MOST_CONNECTIONS,
            timeout=self._seconds,
            command_timeout=self._seconds,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.terminate()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        """One of the pool's, once the table is there."""
        try:
            async with self._pool.acquire(timeout=self._seconds) as connection:
                await self._ready(connection)
                yield connection
        except _FAULTS as error:
            log.warning("PostgreSQL failed", reason=str(error)[:300] or type(error).__name__)
            raise Unavailable("the vector store failed; the log says more", code="index_failed") from None

    async def _ready(self, connection: Any) -> None:
        """Makes the table, if nobody has."""
        if self._made:
            return
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _MAKING_LOCK)
            await connection.execute(_SCHEMA)
        self._made = True
