"""Reaching another service of the mesh: `async with dial("router:50051") as peer`."""

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

from janus_proto._gen.janus.chat.v1 import request_pb2

from ._rpc import RpcTransport
from ._watchdog import Timeouts
from .answer_limits import MAX_MESSAGE_BYTES
from .channel import Address
from .client_exchange import ClientExchange, ClientTransport
from .errors import CompetitorFailed, Unavailable
from .headers import outgoing_headers
from .link.line import Unsupported
from .link.pool import LinkPool
from .settings import MeshSettings, load

# A request may carry pictures in base64, so far more than gRPC's 4 MiB.
MAX_REQUEST_BYTES = 64 * 1024 * 1024

_OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_REQUEST_BYTES),
    # Retrying is the router's business, which knows whether an event was delivered.
    ("grpc.enable_retries", 0),
    # Services of the mesh are reached directly, whatever proxy the environment names.
    ("grpc.enable_http_proxy", 0),
    # A restarted peer is found again within a second; one that never answers is given up after five.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),
    # Finds peers that vanished or were stopped without closing, within 60 s. A gRPC server with default
    # settings closes the connection at the third ping in a silence ("too_many_pings"), so three of them
    # must take longer than a competitor may be silent (JANUS_GAP_TIMEOUT, 120 s).
    ("grpc.keepalive_time_ms", 45_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A keepalive waits for the ping before it, which measures bandwidth and has a minute by default.
    ("grpc.http2.ping_timeout_ms", 15_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.service_config", '{"loadBalancingConfig":[{"round_robin":{}}]}'),
    # Shared by the process, connections would also share what they last met: a new peer would be refused
    # unasked while an older one to the same address still waits to try again.
    ("grpc.use_local_subchannel_pool", 1),
]


class Peer:
    """One service, reached over links where it has them and over calls where not."""

    def __init__(self, target: str, settings: MeshSettings) -> None:
        address = Address.parse(target)
        self.target = address.target
        self._channel = address.channel(self.target, _OPTIONS)
        self._links: LinkPool | None = None
        if settings.mesh_transport != "rpc":
            self._links = LinkPool(
                self.target, _OPTIONS, settings.link_floor_ms / 1000, channel=address.channel
            )
        self._may_call = settings.mesh_transport != "link"

    def chat(
        self,
        request: request_pb2.ChatRequest,
        *,
        deadline: float | None = None,
        first_event: float | None = None,
        gap: float | None = None,
        token: str = "",
        caller: str = "",
    ) -> ClientExchange:
        """Opens an exchange, to be entered with `async with`. Bounds are in seconds, see `Timeouts`.

        `token` lets the peer act for this request at the platform services, see `request_token`. `caller` is
        an opaque key of who asks, see `headers.CALLER`.

        Raises, on entering or while iterating: the `JanusError` that the peer sent; `Unavailable`
        when it cannot be reached; `CompetitorTimeout` and `DeadlineExceeded` when a bound passed;
        `CompetitorFailed` when it broke the protocol.
        """
        headers = partial(outgoing_headers, token, caller)
        return ClientExchange(partial(self._open, headers), request, Timeouts(deadline, first_event, gap))

    async def _open(
        self,
        make_headers: Callable[[], dict[str, str]],
        request: request_pb2.ChatRequest,
        total: float | None,
    ) -> ClientTransport:
        headers = make_headers()
        if self._links is not None:
            try:
                return (await self._links.acquire()).open(request, headers, total)
            except Unsupported:
                if not self._may_call:
                    raise CompetitorFailed(f"{self.target} does not speak links") from None
        return RpcTransport(self._channel, request, headers, total)

    def stub(self, kind: Any) -> Any:
        """A generated stub of any other service on this channel."""
        return kind(self._channel)

    async def close(self) -> None:
        if self._links is not None:
            await self._links.close(Unavailable("the peer was closed"))
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def dial(target: str) -> Peer:
    """A peer at `host:port`, `grpc://host:port`, `dns:///name:port` or `unix:path`; connects when used.

    `grpcs://host:port` uses TLS and trusts the system's authorities, `grpcs://host:port?ca_file=PATH` those
    of that PEM file.
    """
    return Peer(target, load(MeshSettings))
