"""A competitor that says any bytes at all over gRPC, and the callers that do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc

from janus_proto._gen.janus.link.v1 import link_pb2

# What a call does with its context, whose `read` and `write` take bytes.
Behaviour = Callable[[Any], Awaitable[None]]

LINK = "/janus.link.v1.LinkService/Link"
CHAT = "/janus.chat.v1.ChatService/Chat"
HELLO = link_pb2.LinkResponse(hello=link_pb2.Hello(version=1, max_exchanges=100)).SerializeToString()


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, behaviours: dict[str, Behaviour]) -> None:
        self._behaviours = behaviours

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        behaviour = self._behaviours.get(details.method)
        if behaviour is None:
            return None

        async def call(_: Any, context: Any) -> None:
            await behaviour(context)

        return grpc.stream_stream_rpc_method_handler(call)


@asynccontextmanager
async def raw_peer(
    link: Behaviour | None = None, chat: Behaviour | None = None, port: int = 0
) -> AsyncIterator[str]:
    """Serves links, calls, or both, on a free port if none is given, and gives the address."""
    behaviours = {LINK: link, CHAT: chat}
    server = grpc.aio.server(options=[("grpc.max_send_message_length", -1)])
    known = {name: behaviour for name, behaviour in behaviours.items() if behaviour is not None}
    server.add_generic_rpc_handlers((_Handlers(known),))
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)


@asynccontextmanager
async def raw_call(address: str, method: str) -> AsyncIterator[Any]:
    """A call of one's own with `read` and `write` of bytes; cancelled in the end."""
    async with grpc.aio.insecure_channel(address) as channel:
        call: Any = channel.stream_stream(method)()  # type: ignore[type-var]
        try:
            yield call
        finally:
            call.cancel()
