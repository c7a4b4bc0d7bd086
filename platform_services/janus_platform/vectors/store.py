"""What a vector store is, whatever keeps it."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_KEYS = uuid.UUID("6f1f7a4e-6f0c-4f52-9d43-3a1f5a2f9d10")


@dataclass(frozen=True, slots=True)
class Space:
    """One collection of one owner; nobody else sees into it."""

    owner: str
    collection: str

    def key(self, document_id: str) -> str:
        """A UUID for stores that take no other ids; the same document always has the same."""
        return str(uuid.uuid5(_KEYS, json.dumps([self.owner, self.collection, document_id])))


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
