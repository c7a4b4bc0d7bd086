"""Vectors in an SQLite file, by sqlite-vec: exact search within one collection, no index to tend."""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import apsw

from janus_platform.database import Database
from janus_platform.embeddings.embedder import DIMENSIONS

from .store import Document, Match, Space

_SCHEMA = f"""
create table if not exists documents (
    rowid integer primary key,
    owner text not null,
    collection text not null,
    id text not null,
    text text not null,
    metadata text not null,
    unique (owner, collection, id)
);
create virtual table if not exists vectors using vec0 (
    space text partition key,
    embedding float[{DIMENSIONS}] distance_metric=cosine
);
"""


def vector_database(path: Path) -> Database:
    """The file of a `SqliteStore`."""
    return Database(path, _SCHEMA, extension=_extension())


def _extension() -> str:
    """Where sqlite-vec's library is. To import its package would load numpy as well, for nothing."""
    package = find_spec("sqlite_vec")
    if package is None or package.origin is None:
        raise OSError("sqlite-vec is not installed: run `make setup`")
    return str(Path(package.origin).with_name("vec0"))


class SqliteStore:
    """A `VectorStore` over an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def upsert(self, space: Space, documents: Sequence[Document]) -> None:
        def work(connection: apsw.Connection) -> None:
            for document in documents:
                _delete(connection, space, document.id)
                connection.execute(
                    "insert into documents (owner, collection, id, text, metadata) values (?, ?, ?, ?, ?)",
                    (
                        space.owner,
                        space.collection,
                        document.id,
                        document.text,
                        json.dumps(document.metadata),
                    ),
                )
                connection.execute(
                    "insert into vectors (rowid, space, embedding) values (?, ?, ?)",
                    (connection.last_insert_rowid(), _partition(space), document.vector),
                )

        await self._database.run(work)

    async def search(self, space: Space, vector: bytes, limit: int) -> list[Match]:
        def work(connection: apsw.Connection) -> list[Match]:
            found = connection.execute(
                "select d.id, d.text, d.metadata, v.distance from vectors v"
                " join documents d on d.rowid = v.rowid"
                " where v.embedding match ? and v.k = ? and v.space = ? order by v.distance",
                (vector, limit, _partition(space)),
            )
            return [
                Match(str(id_), str(text), json.loads(str(metadata)), 1 - float(distance))
                for id_, text, metadata, distance in found
            ]

        return await self._database.run(work)

    async def delete(self, space: Space, ids: Sequence[str] | None) -> int:
        def work(connection: apsw.Connection) -> int:
            wanted = list(ids) if ids is not None else _ids(connection, space)
            return sum(_delete(connection, space, id_) for id_ in wanted)

        return await self._database.run(work)

    async def collections(self, owner: str) -> dict[str, int]:
        def work(connection: apsw.Connection) -> dict[str, int]:
            rows = connection.execute(
                "select collection, count(*) from documents where owner = ? group by 1 order by 1", (owner,)
            )
            return {str(collection): int(count) for collection, count in rows}

        return await self._database.run(work)


def _partition(space: Space) -> str:
    return json.dumps([space.owner, space.collection])


def _ids(connection: apsw.Connection, space: Space) -> list[str]:
    rows = connection.execute(
        "select id from documents where owner = ? and collection = ?", (space.owner, space.collection)
    )
    return [str(id_) for (id_,) in rows]


def _delete(connection: apsw.Connection, space: Space, id_: str) -> int:
    """Removes a document, if it is there; returns how many that were."""
    found = connection.execute(
        "delete from documents where owner = ? and collection = ? and id = ? returning rowid",
        (space.owner, space.collection, id_),
    ).fetchall()
    for (rowid,) in found:
        connection.execute("delete from vectors where rowid = ?", (rowid,))
    return len(found)
