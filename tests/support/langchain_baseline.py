"""The LangChain baseline over real platform services, whose model and whose web are scripted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import competitor_scripts as scripts
from support.answers import ChatEvent
from support.http_competitor import HttpCompetitor, Script
from support.platform_gate import guarded, token
from support.small_web import SmallWeb, small_web, text

import janus_mesh as mesh
from janus_baseline.langchain.service import serving
from janus_baseline.langchain.settings import LangChainSettings
from janus_mesh.settings import StreamTimeouts
from janus_platform.embeddings.embedder import Embedder, embedding_worker
from janus_platform.inference.provider import Endpoint, Provider
from janus_platform.search.local_index import IndexedPage, LocalIndex, search_database
from janus_platform.search.routes import search_routes
from janus_platform.vectors.routes import vector_routes
from janus_platform.vectors.service import VectorService
from janus_platform.vectors.sqlite_store import SqliteStore, vector_database
from janus_proto._gen.janus.chat.v1 import request_pb2


@dataclass
class LangChain:
    """A caller of the baseline, the model behind it, and the web that it reads."""

    peer: mesh.Peer
    address: str
    model: HttpCompetitor
    web: SmallWeb

    async def ask(self, request: request_pb2.ChatRequest, **options: Any) -> list[ChatEvent]:
        """All events of the answer; raises its error."""
        async with self.peer.chat(request, token=token(), **options) as exchange:
            return [event async for event in exchange]


def calling(name: str, arguments: str) -> Script:
    """A model's turn that calls one tool, with usage."""
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}
    piece = {"index": 0, "function": {"arguments": arguments}}
    return scripts.chunks(
        [
            scripts.chunk({"role": "assistant", "content": None, "tool_calls": [call]}),
            scripts.chunk({"tool_calls": [piece]}),
            scripts.chunk(finish="tool_calls"),
            scripts.usage_chunk(),
        ]
    )


@asynccontextmanager
async def langchain(folder: Path, *turns: Script, **settings: Any) -> AsyncIterator[LangChain]:
    """The baseline over a model that takes these turns, the last one again and again."""
    gate = guarded()
    async with (
        HttpCompetitor(turns[-1]) as model,
        search_database(folder / "search.sqlite") as pages,
        vector_database(folder / "vectors.sqlite") as documents,
        embedding_worker() as worker,
    ):
        model.next_chats.extend(turns[:-1])
        index = LocalIndex(pages, most_pages=10)
        await index.replace_documents([IndexedPage("docs/bridge.md", "Bridges", "A bridge crosses a river.")])
        vectors = VectorService(SqliteStore(documents), Embedder(worker), most_documents=10)
        provider = Provider(Endpoint(f"{model.url}/v1", "sk"), model="", timeouts=StreamTimeouts())
        services = [search_routes(index, gate), vector_routes(vectors, gate)]
        async with small_web(
            text("Finished in 1894."), gate=gate, backend=provider, services=services
        ) as web:
            url = f"{str(web.client.base_url).rstrip('/')}/v1"
            configured = LangChainSettings(port=0, inference_url=url, drain_seconds=0.05, **settings)
            async with serving(configured) as server, mesh.dial(server.address) as peer:
                yield LangChain(peer, server.address, model, web)
