"""Asks over gRPC, as a client of `janus.chat.v1.ChatService`, read at the socket."""

import asyncio
import math
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from janus_bench.grpc_connection import GrpcConnection
from janus_bench.quality.observation import Answering, Observation
from janus_mesh import Peer, dial
from janus_mesh.openai import read_chat_request
from janus_proto._gen.janus.chat.v1 import chat_pb2

from .artifacts import GrpcFiles, fetch_all
from .bounds import Bounds
from .chat_events import ChatEventReader
from .conversing import converse
from .target import Target

_CHAT = f"/{chat_pb2.DESCRIPTOR.services_by_name['ChatService'].full_name}/Chat"


class GrpcRunner:
    """A connection and a call for each question: no answer waits behind another's."""

    def __init__(self, target: Target, bounds: Bounds) -> None:
        self._target = target
        self._bounds = bounds
        self._files: Peer | None = None

    async def ask(self, request: Mapping[str, Any]) -> Observation:
        assert self._files is not None, "a runner asks inside its `async with` block"
        answering = Answering()
        reader = ChatEventReader(answering, self._bounds)
        began = time.monotonic()
        given_up = await converse(self._connect, encode(self._target, request), reader, self._bounds)
        ended_at = reader.last_at if reader.last_at and given_up is None else time.monotonic()
        reader.close(ended_at, given_up)
        files = GrpcFiles(self._files, self._bounds.artifact_seconds)
        artifacts = await fetch_all(answering, files, self._bounds)
        sent_at = reader.sent_at or began
        return answering.observed(sent_at, max(0.0, ended_at - sent_at), artifacts)

    async def _connect(self) -> GrpcConnection:
        return await connect(self._target, self._bounds)

    async def __aenter__(self) -> Self:
        self._files = dial(self._target.authority)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._files is not None:
            await self._files.close()


def encode(target: Target, request: Mapping[str, Any]) -> bytes:
    """The one message of a call. It grants no credit, so nothing but HTTP/2 holds the answer back."""
    asked = read_chat_request(target.asking(request)).request
    frame = chat_pb2.ChatServiceChatRequest(request=asked)
    return frame.SerializeToString()


async def connect(target: Target, bounds: Bounds) -> GrpcConnection:
    """A connection that can be asked; `OSError` when there is nobody, or nobody who speaks gRPC."""
    metadata = {"grpc-timeout": f"{math.ceil(1000 * bounds.total_seconds)}m"}
    if target.api_key:
        metadata["authorization"] = f"Bearer {target.api_key}"
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: GrpcConnection(target.authority, _CHAT, metadata, bounds.answer_bytes),
        target.host,
        target.port,
    )
    try:
        await connection.ready
    except BaseException:
        connection.leave()
        raise
    return connection
