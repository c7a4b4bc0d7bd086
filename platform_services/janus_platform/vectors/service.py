"""What the vector paths do: check, embed, charge, keep or find."""

import hashlib
import re
from dataclasses import asdict

from janus_mesh.errors import InvalidRequest, PayloadTooLarge
from janus_platform.embeddings.embedder import MODEL_ID, Embedder, Kind
from janus_platform.gate.passage import Passage
from janus_platform.parsing import parse

from .requests import DeleteRequest, SearchRequest, UpsertRequest
from .store import Document, Space, VectorStore

_COLLECTION = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)

Answer = dict[str, object]


class VectorService:
    """At most `most_documents` are kept for each caller, all collections together."""

    def __init__(self, store: VectorStore, embedder: Embedder, *, most_documents: int) -> None:
        self._store = store
        self._embedder = embedder
        self._most_documents = most_documents

    async def collections(self, passage: Passage) -> Answer:
        kept = await self._store.collections(passage.caller.identity)
        named = [{"name": name, "documents": count} for name, count in kept.items()]
        return {"collections": named, "model": MODEL_ID}

    async def upsert(self, passage: Passage, collection: str) -> Answer:
        space = _space(passage, collection)
        forms = parse(UpsertRequest, passage.body).documents
        kept = sum((await self._store.collections(space.owner)).values())
        if kept + len(forms) > self._most_documents:
            raise PayloadTooLarge(f"more than {self._most_documents} documents in all", param="documents")
        ids = [form.id or _hash(form.text) for form in forms]
        vectors = await self._embed(passage, [form.text for form in forms], "passage")
        documents = [
            Document(id_, form.text, form.metadata, vector)
            for id_, form, vector in zip(ids, forms, vectors, strict=True)
        ]
        await self._store.upsert(space, documents)
        return {"ids": ids, "model": MODEL_ID}

    async def search(self, passage: Passage, collection: str) -> Answer:
        space = _space(passage, collection)
        asked = parse(SearchRequest, passage.body)
        (vector,) = await self._embed(passage, [asked.query], "query")
        matches = await self._store.search(space, vector, asked.limit)
        return {"matches": [asdict(match) for match in matches], "model": MODEL_ID}

    async def delete(self, passage: Passage, collection: str) -> Answer:
        space = _space(passage, collection)
        return {"deleted": await self._store.delete(space, parse(DeleteRequest, passage.body).ids)}

    async def drop(self, passage: Passage, collection: str) -> Answer:
        return {"deleted": await self._store.delete(_space(passage, collection), None)}

    async def _embed(self, passage: Passage, texts: list[str], kind: Kind) -> list[bytes]:
        made = await self._embedder.embed(texts, kind)
        passage.embedded(MODEL_ID, made.tokens)
        return made.vectors


def _space(passage: Passage, collection: str) -> Space:
    passage.destination = "vectors"
    passage.bytes_sent += len(passage.body)
    if not _COLLECTION.fullmatch(collection):
        raise InvalidRequest(
            "collection: must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit",
            param="collection",
        )
    return Space(passage.caller.identity, collection)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
