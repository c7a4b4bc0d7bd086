"""What every service of Janus shares: chat streams, the error tree, settings, logs, metrics, traces.

A caller:

    async with mesh.dial("router:50051") as peer:
        async with peer.chat(request, deadline=300.0) as exchange:
            async for event in exchange: ...

A server is one coroutine, `async def answer(exchange)`, given to `Server.serve_chat`.
"""

from . import _grpc_engine, errors, logs, metrics, settings, traces  # isort: skip  # noqa: F401  # the engine first
from ._watchdog import Timeouts
from .client_exchange import ClientExchange
from .exchange import Answer, Exchange
from .http_server import serve_http
from .link.events import Said
from .peer import Peer, dial
from .server import CHAT_SERVICE, Server
from .service import run

__all__ = [
    "CHAT_SERVICE",
    "Answer",
    "ClientExchange",
    "Exchange",
    "Peer",
    "Said",
    "Server",
    "Timeouts",
    "dial",
    "errors",
    "logs",
    "metrics",
    "run",
    "serve_http",
    "settings",
    "traces",
]
