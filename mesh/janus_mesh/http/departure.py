"""Noticing that an HTTP client left, without polling."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

ResultT = TypeVar("ResultT")


class ClientLeft(ClientDisconnect):
    """The client closed its connection before it had its answer."""


async def client_left(receive: Receive) -> None:
    """Returns when the client has left. Its request must have been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def while_present(work: Coroutine[Any, Any, ResultT], leaving: Coroutine[Any, Any, None]) -> ResultT:
    """The work's result. When `leaving` returns first, the work is cancelled, and then it is `ClientLeft`.

    Whatever the work holds open is closed when this returns or raises.
    """
    working, watching = asyncio.create_task(work), asyncio.create_task(leaving)
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
    finally:
        watching.cancel()
        working.cancel()
        await asyncio.wait((working, watching))
    if working.cancelled():
        raise ClientLeft
    return working.result()
