"""What a vector store is, whatever keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Space:
    """One collection of one owner; nobody else sees into it."""

    owner: str
    collection: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its vector (float32), under an id that is unique in its collection."""

    id: str
    text: str
    metadata: dict[str, Any]
    vector: bytes


@dataclass(frozen=True, slots=True)
class Match:
    """A text that was found; `score` is the cosine similarity, 1 at most."""

    id: str
    text: str
    metadata: dict[str, Any]
    score: float


class VectorStore(Protocol):
    """Keeps documents and finds the nearest."""

    async def upsert(self, space: Space, documents: Sequence[Document]) -> None:
        """Adds documents, in place of those with the same ids."""

    async def search(self, space: Space, vector: bytes, limit: int) -> list[Match]:
        """The nearest, best first."""

    async def delete(self, space: Space, ids: Sequence[str] | None) -> int:
        """Removes these, or all; returns how many there were."""

    async def collections(self, owner: str) -> dict[str, int]:
        """An owner's collections, and how many documents each has."""
