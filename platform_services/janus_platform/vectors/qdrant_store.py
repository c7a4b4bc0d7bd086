"""Vectors in Qdrant, over its REST interface (1.12 or newer): for replicas that share one index.

All spaces share one Qdrant collection, made when it is first needed, and are kept apart by payload fields
with a keyword index, as Qdrant advises for many tenants.
"""

import json
from array import array
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from janus_mesh import logs
from janus_mesh.errors import Unavailable
from janus_platform.embeddings.embedder import DIMENSIONS

from .store import Document, Match, Space

_COLLECTION = "janus"
_MOST_COLLECTIONS = 1000

log = logs.get("vectors.qdrant")


class QdrantStore:
    """A `VectorStore`; use as `async with`. Calls raise `Unavailable` when Qdrant does not answer well."""

    def __init__(self, base_url: str, key: str, *, seconds: float) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url, headers={"api-key": key} if key else {}, timeout=seconds
        )
        self._made = False

    async def upsert(self, space: Space, documents: Sequence[Document]) -> None:
        points = [
            {
                "id": space.key(document.id),
                "vector": array("f", document.vector).tolist(),
                "payload": {
                    "owner": space.owner,
                    "collection": space.collection,
                    "id": document.id,
                    "text": document.text,
                    "metadata": document.metadata,
                },
            }
            for document in documents
        ]
        await self._ready()
        await self._call("PUT", "/points?wait=true", {"points": points})

    async def search(self, space: Space, vector: bytes, limit: int) -> list[Match]:
        await self._ready()
        asked = {
            "query": array("f", vector).tolist(),
            "filter": _within(space.owner, space.collection),
            "limit": limit,
            "with_payload": True,
        }
        found = (await self._call("POST", "/points/query", asked))["points"]
        return [_match(point["payload"], point["score"]) for point in found]

    async def delete(self, space: Space, ids: Sequence[str] | None) -> int:
        await self._ready()
        wanted = _within(space.owner, space.collection)
        if ids is not None:
            wanted["must"].append({"has_id": [space.key(id_) for id_ in ids]})
        count = (await self._call("POST", "/points/count", {"filter": wanted, "exact": True}))["count"]
        await self._call("POST", "/points/delete?wait=true", {"filter": wanted})
        return int(count)

    async def collections(self, owner: str) -> dict[str, int]:
        await self._ready()
        asked = {"key": "collection", "filter": _within(owner), "limit": _MOST_COLLECTIONS, "exact": True}
        hits = (await self._call("POST", "/facet", asked))["hits"]
        return {str(hit["value"]): int(hit["count"]) for hit in hits}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def _ready(self) -> None:
        """Makes the collection and its indexes, if nobody has."""
        if self._made:
            return
        if not (await self._call("GET", "/exists"))["exists"]:
            vectors = {"vectors": {"size": DIMENSIONS, "distance": "Cosine"}}
            await self._call("PUT", "", vectors, made_meanwhile=409)
        for field in ("owner", "collection"):
            await self._call("PUT", "/index?wait=true", {"field_name": field, "field_schema": "keyword"})
        self._made = True

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, made_meanwhile: int = 0
    ) -> Any:
        """The `result` of an answer."""
        try:
            answer = await self._client.request(method, f"/collections/{_COLLECTION}{path}", json=body)
            if answer.status_code == made_meanwhile:
                return None
            answer.raise_for_status()
            return answer.json()["result"]
        except (httpx.HTTPError, json.JSONDecodeError, KeyError, TypeError) as error:
            log.warning("Qdrant failed", method=method, path=path, reason=str(error)[:300])
            raise Unavailable("the vector store failed; the log says more", code="index_failed") from None


def _within(owner: str, collection: str | None = None) -> dict[str, list[dict[str, Any]]]:
    must: list[dict[str, Any]] = [{"key": "owner", "match": {"value": owner}}]
    if collection is not None:
        must.append({"key": "collection", "match": {"value": collection}})
    return {"must": must}


def _match(payload: dict[str, Any], score: float) -> Match:
    return Match(str(payload["id"]), str(payload["text"]), dict(payload["metadata"]), float(score))
