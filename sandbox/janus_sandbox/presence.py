"""Work that ends when the client who asked for it leaves."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

from janus_mesh.errors import Cancelled

ResultT = TypeVar("ResultT")


async def while_present(request: Request, work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """The work's result; a client that leaves cancels it. The request's body must have been read."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_departure(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.wait((working, leaving))
    if working.cancelled():
        raise Cancelled("the client left")
    return working.result()


async def _departure(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
