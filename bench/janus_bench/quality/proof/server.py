"""The server: mock answers over HTTP and gRPC by the same scripts, from one event loop.

python -m janus_bench.quality.proof.server        prints both ports and serves until it is ended
"""

import asyncio
import signal
import sys

import uvloop

from janus_bench.mesh import mock
from janus_bench.mesh.mock import port_of

from . import grpc_mock


async def _serve() -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    http, grpc = await mock.listen(), await grpc_mock.listen()
    sys.stdout.write(f"{port_of(http)} {port_of(grpc)}\n")
    sys.stdout.flush()
    await stop.wait()
    http.close()
    grpc.close()


if __name__ == "__main__":
    uvloop.run(_serve())
