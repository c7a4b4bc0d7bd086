"""A gRPC server of the mesh: the chat service, whatever else a room serves, health and reflection."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from janus_proto._gen.janus.chat.v1 import chat_pb2, chat_pb2_grpc
from janus_proto._gen.janus.link.v1 import link_pb2, link_pb2_grpc

from ._rpc import ChatServicer
from .exchange import Answer
from .health_service import HealthService
from .link.servicer import LinkServicer
from .peer import MAX_REQUEST_BYTES
from .settings import MeshSettings, load
from .wire_bounds import FieldBounds

CHAT_SERVICE = chat_pb2.DESCRIPTOR.services_by_name["ChatService"].full_name
LINK_SERVICE = link_pb2.DESCRIPTOR.services_by_name["LinkService"].full_name

_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
    ("grpc.max_send_message_length", MAX_REQUEST_BYTES),
    ("grpc.so_reuseport", 0),  # a second process on the port must fail, not share it
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A keepalive waits for the ping before it, which measures bandwidth and has a minute by default.
    ("grpc.http2.ping_timeout_ms", 15_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
]


class Server:
    """Serves on one address from `async with` until the block is left, then lets live calls finish.

    `port` is the one bound, which matters when 0 was asked for.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, drain_seconds: float = 10.0) -> None:
        self._drain_seconds = drain_seconds
        self._links: LinkServicer | None = None
        self._server = grpc.aio.server(options=_OPTIONS, interceptors=(FieldBounds(),))
        self._names = [reflection.SERVICE_NAME, health.SERVICE_NAME]
        self._health = HealthService()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        try:
            self.port = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise OSError(f"cannot listen on {host}:{port}: {error}") from None
        self.address = f"{host}:{self.port}"

    def serve_chat(self, answer: Answer) -> None:
        """Answers `janus.chat.v1.ChatService` with this coroutine."""
        self.add(chat_pb2_grpc.add_ChatServiceServicer_to_server, ChatServicer(answer), CHAT_SERVICE)
        settings = load(MeshSettings)
        if settings.mesh_transport != "rpc":
            self._links = LinkServicer(answer, settings.link_floor_ms / 1000)
            self.add(link_pb2_grpc.add_LinkServiceServicer_to_server, self._links, LINK_SERVICE)

    def add(self, register: Callable[[Any, grpc.aio.Server], None], servicer: Any, name: str) -> None:
        """Serves a further generated service under its full name."""
        register(servicer, self._server)
        self._names.append(name)

    async def set_health(self, service: str, serving: bool, detail: str = "") -> None:
        """Publishes whether `service` works; the empty name stands for the whole server.

        `detail` says why it does not; operators see it, see `health_detail`.
        """
        self._health.set(service, serving=serving, detail=detail)

    async def __aenter__(self) -> Self:
        reflection.enable_server_reflection(self._names, self._server)
        await self._server.start()
        for name in ("", *self._names):
            await self.set_health(name, True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Lets live calls and exchanges go on for `drain_seconds` at most, whatever their callers do."""
        self._health.stop()
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._drain_seconds
        if self._links is not None:
            await self._links.drain(self._drain_seconds)
        await self._server.stop(max(0.0, ends - loop.time()))
