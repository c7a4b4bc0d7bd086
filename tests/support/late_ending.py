"""A way to a server on which the server's end of a connection comes late, as it may on any network.

    async with late_ending(port) as way: ...

Until the block is left no client learns that the server has closed; what the server said last it has.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def late_ending(port: int) -> AsyncIterator[int]:
    """The port that leads to the given one, both on loopback."""
    writers: list[asyncio.StreamWriter] = []
    pumps: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        writers.extend((writer, to_server))
        pumps.add(asyncio.create_task(_pump(from_server, writer)))
        pumps.add(asyncio.create_task(_pump(reader, to_server)))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for writer in writers:
            writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
