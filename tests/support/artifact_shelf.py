"""The artifact services over a store at some place, and a client that fills them."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import obstore
from obstore.store import ObjectStore
from support.platform_gate import guarded, shown
from support.platform_services import platform_with

from janus_platform.artifacts.routes import artifact_routes
from janus_platform.artifacts.store import ArtifactStore, open_store
from janus_platform.artifacts.upload import Uploads
from janus_platform.gate.gate import Gate

DATA = bytes(range(256)) * 4000  # about 1 MB
SHA = hashlib.sha256(DATA).hexdigest()
BASE = "http://platform.test:8010"


@dataclass
class Shelf:
    """What a test needs of them."""

    client: httpx.AsyncClient
    store: ArtifactStore
    objects: ObjectStore

    async def put(
        self, data: bytes = DATA, kind: str = "text/csv", competitor: str = "my-agent", **query: object
    ) -> httpx.Response:
        headers = {"content-type": kind, **shown(competitor)}
        return await self.client.post("/v1/artifacts", content=data, headers=headers, params=query)

    async def kept(self, **query: object) -> str:
        """The path of an artifact that was just put in."""
        made = await self.put(**query)
        assert made.status_code == 201, made.text
        return f"/v1/artifacts/{made.json()['id']}"

    def files(self) -> list[str]:
        return sorted(entry["path"] for batch in obstore.list(self.objects) for entry in batch)


@asynccontextmanager
async def shelf(
    place: str,
    *,
    gate: Gate | None = None,
    most: int = 2_000_000,
    total: int = 10_000_000,
    share: int | None = None,
) -> AsyncIterator[Shelf]:
    gate = gate or guarded()
    store = ArtifactStore(open_store(place), most_bytes=total, share_bytes=share or total)
    uploads = Uploads(store, base_url=BASE, most_bytes=most)
    async with platform_with([artifact_routes(store, uploads, gate)], gate) as client:
        yield Shelf(client, store, open_store(place))
