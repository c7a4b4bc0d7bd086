"""Reads request bodies within bounds of size, time, rate, places and bytes held in all."""

import asyncio
import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Receive, Scope

from janus_mesh.errors import JanusError, RequestTimeout, UnsupportedMediaType
from janus_mesh.http import body_parts, require_announced

from .client_address import ClientAddresses, network
from .held_bytes import HeldBytes, Hold
from .uploads import Uploads

_JSON = re.compile(r"application/([\w.+-]+\+)?json", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast bodies must arrive.

    Attributes:
        min_rate: bytes per second at least, on average.
        slow_after: seconds after which a body needs a place among the slow uploads.
        rate_after: seconds after which the rate counts: connections begin slowly, and packets get lost.
    """

    min_rate: int
    slow_after: float = 1.0
    rate_after: float = 5.0

    def seconds_for(self, received: int) -> float:
        """Seconds after which more than `received` bytes must be there."""
        return max(self.rate_after, received / self.min_rate)


class Bodies:
    """Reads bodies for all routes; one per process.

    Args:
        held: bounds the bytes of all bodies.
        uploads: bounds how many arrive slowly.
        clients: tells whose body it is.
        pace: how fast each must arrive.
    """

    def __init__(self, held: HeldBytes, uploads: Uploads, clients: ClientAddresses, pace: Pace) -> None:
        self._held = held
        self._uploads = uploads
        self._clients = clients
        self._pace = pace

    def hold(self, scope: Scope) -> "HeldBody":
        """A body that is about to be read: `with bodies.hold(scope) as held: await held.read_json(...)`."""
        address = self._clients.of(scope)
        # A loopback address is one of many clients behind a local proxy more often than it is one client.
        client = "" if address is None or address.is_loopback else network(address)
        return HeldBody(Headers(scope=scope), Hold(self._held, client), self._uploads, client, self._pace)


class HeldBody:
    """The body of one request. Its bytes count as held until `release`, or the end of the block."""

    def __init__(self, headers: Headers, hold: Hold, uploads: Uploads, client: str, pace: Pace) -> None:
        self._headers = headers
        self._hold = hold
        self._uploads = uploads
        self._client = client
        self._pace = pace
        self._slow = False
        self._refusal: JanusError | None = None

    def __enter__(self) -> "HeldBody":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Tells that nothing refers to the bytes any more."""
        self._hold.release()

    async def read_json(self, receive: Receive, *, limit: int, seconds: float) -> bytes:
        """The whole body of a request that must be JSON, of at most `limit` bytes within `seconds`.

        Raises:
            UnsupportedMediaType: it is not said to be JSON.
            PayloadTooLarge: as soon as it is too large, at once if the client announces as much.
            Overloaded: too many bytes are held or too many slow bodies arrive, in all or from this client.
            RequestTimeout: it does not arrive within the time, or too slowly.
            ClientLeft: the client closed the connection.
        """
        _require_json(self._headers)
        announced = require_announced(self._headers, limit=limit)
        self._hold.announce(announced)
        loop = asyncio.get_running_loop()
        began = loop.time()
        # One buffer and not a list of parts: objects of one byte each would take 40 times the memory.
        body = bytearray()
        try:
            async with asyncio.timeout(min(seconds, self._pace.seconds_for(0))) as bound:
                noticing = loop.call_later(self._pace.slow_after, self._become_slow, bound)
                try:
                    async for part in body_parts(receive, limit=limit):
                        self._hold.add(len(part))
                        body += part
                        bound.reschedule(began + min(seconds, self._pace.seconds_for(len(body))))
                finally:
                    noticing.cancel()
        except TimeoutError:
            raise self._refusal or self._too_slow(loop.time() - began, len(body), seconds) from None
        finally:
            if self._slow:
                self._uploads.leave(self._client)
        return bytes(body)

    def _become_slow(self, bound: asyncio.Timeout) -> None:
        try:
            self._uploads.enter(self._client)
            self._slow = True
        except JanusError as error:
            self._refusal = error
            bound.reschedule(asyncio.get_running_loop().time())

    def _too_slow(self, taken: float, received: int, allowed: float) -> RequestTimeout:
        if taken >= allowed:
            return RequestTimeout(f"the request body did not arrive within {allowed:g} s")
        return RequestTimeout(
            f"the request body arrives too slowly: {received} bytes in {taken:.1f} s, "
            f"at least {self._pace.min_rate} bytes per second are needed"
        )


def _require_json(headers: Headers) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    if not _JSON.fullmatch(media_type):
        raise UnsupportedMediaType(
            f"the content type must be application/json, not {media_type or 'missing'!r}"
        )
    encoding = headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(f"content encoding {encoding!r} is not supported")
