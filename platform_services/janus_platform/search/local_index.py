"""A full-text index in an SQLite file (FTS5, ranked by BM25): an honest stand-in for a search engine.

It knows the documents of this repository, and for each caller the pages that were fetched for it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from janus_platform.database import Database

from .engine import Result

# Whom the documents belong to, which everybody finds. No competitor has this id.
EVERYBODY = ""
_SCHEMA = """
create virtual table if not exists pages using fts5 (
    title, body, url unindexed, owner unindexed, tokenize = 'porter unicode61'
);
"""
_WORD = re.compile(r"\w+")
_MOST_WORDS = 32
_SNIPPET_TOKENS = 40


@dataclass(frozen=True, slots=True)
class IndexedPage:
    """What is found later."""

    url: str
    title: str
    body: str


def search_database(path: Path) -> Database:
    """The file of a `LocalIndex`."""
    return Database(path, _SCHEMA)


class LocalIndex:
    """An `Engine` over an open database."""

    source = "local index"
    destination = "local index"

    def __init__(self, database: Database, *, most_pages: int) -> None:
        self._database = database
        self._most_pages = most_pages

    async def search(self, query: str, limit: int, owner: str) -> list[Result]:
        # Quoted, so that no word is an operator of the query language.
        words = [f'"{word}"' for word in _WORD.findall(query)[:_MOST_WORDS]]

        def work(connection: apsw.Connection) -> list[Result]:
            rows = connection.execute(
                "select title, url, snippet(pages, 1, '', '', ' … ', ?) from pages"
                " where pages match ? and owner in (?, ?) order by bm25(pages, 4.0, 1.0) limit ?",
                (_SNIPPET_TOKENS, " OR ".join(words), owner, EVERYBODY, limit),
            )
            return [Result(str(title), str(url), str(snippet)) for title, url, snippet in rows]

        return await self._database.run(work) if words else []

    async def add(self, owner: str, page: IndexedPage) -> None:
        """Takes a page in, in place of what was known of its address; an owner's oldest ones make room."""

        def work(connection: apsw.Connection) -> None:
            connection.execute("delete from pages where owner = ? and url = ?", (owner, page.url))
            _insert(connection, owner, page)
            connection.execute(
                "delete from pages where rowid in"
                " (select rowid from pages where owner = ? order by rowid desc limit -1 offset ?)",
                (owner, self._most_pages),
            )

        await self._database.run(work)

    async def replace_documents(self, pages: Sequence[IndexedPage]) -> None:
        """Makes these the documents that everybody finds."""

        def work(connection: apsw.Connection) -> None:
            connection.execute("delete from pages where owner = ?", (EVERYBODY,))
            for page in pages:
                _insert(connection, EVERYBODY, page)

        await self._database.run(work)


def _insert(connection: apsw.Connection, owner: str, page: IndexedPage) -> None:
    connection.execute(
        "insert into pages (title, body, url, owner) values (?, ?, ?, ?)",
        (page.title, page.body, page.url, owner),
    )


def documents_in(folder: Path) -> list[IndexedPage]:
    """Every Markdown file of a folder, under its path within it; none when there is no such folder."""
    pages = []
    for file in sorted(folder.rglob("*.md")):
        text = file.read_text("utf-8", "replace")
        heading = next((line for line in text.splitlines() if line.startswith("# ")), file.stem)
        url = f"{folder.name}/{file.relative_to(folder).as_posix()}"
        pages.append(IndexedPage(url, heading.removeprefix("# "), text))
    return pages
