"""The links to one peer: one for each address behind its name, kept up in the background."""

import asyncio
import contextvars
import ipaddress
import random
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import grpc

from janus_mesh import logs
from janus_mesh.channel import Channel, insecure_channel
from janus_mesh.errors import CompetitorFailed, JanusError, Unavailable, from_grpc
from janus_proto._gen.janus.link.v1 import link_pb2

from .client import ClientLink, exchange_of, message_of
from .outbox import pump

_LINK = f"/{link_pb2.DESCRIPTOR.services_by_name['LinkService'].full_name}/Link"
_HELLO_SECONDS = 5.0
# A peer whose event loop hangs still answers HTTP/2's pings, so the link has its own.
_PING_SECONDS = 5.0
_SILENCE_SECONDS = 3 * _PING_SECONDS
_BACKOFF_SECONDS = (0.1, 1.0)
_RESOLVE_SECONDS = 15.0

log = logs.get("mesh.link")


class Unsupported(Exception):
    """The peer speaks `ChatService` only."""


class LinkPool:
    """Gives the link with the fewest exchanges among the addresses of `target` (`host:port`)."""

    def __init__(
        self,
        target: str,
        options: Sequence[tuple[str, Any]],
        floor: float,
        channel: Channel = insecure_channel,
    ) -> None:
        self._target = target
        self._channel = channel
        self._options = options
        self._floor = floor
        self._lines: dict[str, _Line] = {}
        self._resolved_at = float("-inf")
        self._resolving: asyncio.Task[None] | None = None

    async def acquire(self) -> ClientLink:
        """A link for a new exchange.

        Raises `Unsupported` when the peer knows no links, and the typed error of the last attempt
        when no address could be reached.
        """
        await self._refresh()
        lines = list(self._lines.values())
        usable = [line.link for line in lines if line.link is not None and line.link.usable]
        if usable:
            return min(usable, key=lambda link: link.live)
        if not lines:
            raise Unavailable(f"{self._target} has no address")
        attempts = {asyncio.create_task(line.connected()) for line in lines}
        try:
            return await _first(attempts)
        finally:
            for attempt in attempts:
                attempt.cancel()

    async def close(self) -> None:
        if self._resolving is not None:
            self._resolving.cancel()
        for line in self._lines.values():
            await line.close()

    async def _refresh(self) -> None:
        """Looks the name up: at once when nothing is known, else now and then beside the traffic."""
        now = asyncio.get_running_loop().time()
        if now - self._resolved_at >= _RESOLVE_SECONDS:
            self._resolved_at = now
            self._resolving = asyncio.create_task(self._resolve())
        if not self._lines and self._resolving is not None:
            await asyncio.shield(self._resolving)

    async def _resolve(self) -> None:
        try:
            addresses = await _addresses(self._target)
        except OSError as error:
            if not self._lines:
                self._resolved_at = float("-inf")
                raise Unavailable(f"{self._target} cannot be resolved: {error.strerror}") from None
            log.warning(
                "name not resolved, keeping its old addresses", target=self._target, reason=str(error)
            )
            return
        for address in addresses - self._lines.keys():
            self._lines[address] = _Line(address, self._options, self._floor, self._channel)
        for address in self._lines.keys() - addresses:
            line = self._lines.pop(address)
            if line.link is not None and line.link.live:
                line.link.draining = True
                self._lines[address] = line  # until its exchanges have ended
            else:
                await line.close()


async def _first(attempts: set[asyncio.Task[ClientLink]]) -> ClientLink:
    """The first that succeeds, or the error of the last that fails."""
    failure: BaseException = Unavailable("no address")
    while attempts:
        done, attempts = await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
        for attempt in done:
            error = attempt.exception()
            if error is None:
                return attempt.result()
            failure = error
    raise failure


async def _addresses(target: str) -> set[str]:
    """`host:port` targets as gRPC addresses; anything else as it is."""
    if target.startswith("unix:"):
        return {target}
    host, _, port = target.removeprefix("dns:///").rpartition(":")
    host = host.strip("[]")
    with suppress(ValueError):
        return {_address(str(ipaddress.ip_address(host)), port)}
    found = await asyncio.get_running_loop().getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    return {_address(str(entry[4][0]), port) for entry in found}


def _address(host: str, port: str) -> str:
    return f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}"


class _Line:
    """One address: connects, carries a link until it is lost, and connects again."""

    def __init__(
        self, address: str, options: Sequence[tuple[str, Any]], floor: float, channel: Channel
    ) -> None:
        self.link: ClientLink | None = None
        self._address = address
        self._floor = floor
        self._channel = channel(address, options)
        self._attempt: asyncio.Future[ClientLink] = asyncio.get_running_loop().create_future()
        # A context of its own: the line outlives the request that happened to need it first.
        self._task = asyncio.create_task(self._run(), context=contextvars.Context())

    async def connected(self) -> ClientLink:
        """The link, once the attempt that is under way succeeds; raises what the last one met."""
        return await asyncio.shield(self._attempt)

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._channel.close()

    async def _run(self) -> None:
        backoff = _BACKOFF_SECONDS[0]
        while True:
            try:
                await self._carry()
                backoff = _BACKOFF_SECONDS[0]
            except Unsupported as answer:
                self._settle(answer)
                return
            except JanusError as error:
                self._settle(error)
            # An attempt that failed stays failed until the next begins, so that callers fail at once.
            await asyncio.sleep(backoff * random.uniform(0.5, 1.0))  # noqa: S311  # jitter
            backoff = min(backoff * 2, _BACKOFF_SECONDS[1])
            if self._attempt.done():
                self._attempt = asyncio.get_running_loop().create_future()

    def _settle(self, error: Exception) -> None:
        if not self._attempt.done():
            self._attempt.set_exception(error)
            self._attempt.exception()  # nobody may be waiting

    async def _carry(self) -> None:
        """Connects and carries one link to its end. Raises when it could not be opened."""
        call = self._channel.stream_stream(
            _LINK,
            request_serializer=link_pb2.LinkRequest.SerializeToString,
            response_deserializer=link_pb2.LinkResponse.FromString,
        )()
        try:
            link = ClientLink(max_exchanges=await _greeted(call))
            self.link = link
            if not self._attempt.done():
                self._attempt.set_result(link)
            log.info("link up", address=self._address)
            await self._attend(call, link)
        finally:
            self.link = None
            call.cancel()

    async def _attend(self, call: Any, link: ClientLink) -> None:
        loop = asyncio.get_running_loop()
        heard = loop.time()

        async def read() -> None:
            nonlocal heard
            while (message := await call.read()) is not grpc.aio.EOF:
                heard = loop.time()
                link.receive(message)

        async def listen_for_life() -> None:
            number = 0
            while loop.time() - heard < _SILENCE_SECONDS:
                number += 1
                link.ping(number)
                await asyncio.sleep(_PING_SECONDS)

        tasks = {
            asyncio.create_task(read()),
            asyncio.create_task(
                pump(link.outbox, lambda items: call.write(message_of(items)), self._floor, exchange_of)
            ),
            asyncio.create_task(listen_for_life()),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # A drained link ends by itself once it is idle; that is no loss worth a warning.
            (log.warning if link.live else log.info)("link lost", address=self._address, live=link.live)
            link.lose(Unavailable("the connection to the peer was lost"))


async def _greeted(call: Any) -> int:
    """Waits for the server's hello; the most exchanges that it takes on the link."""
    try:
        async with asyncio.timeout(_HELLO_SECONDS):
            first = await call.read()
    except TimeoutError:
        raise Unavailable("the peer did not greet the link in time") from None
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            raise Unsupported from None
        raise from_grpc(error) from None
    if first is grpc.aio.EOF or not first.HasField("hello"):
        raise CompetitorFailed("the peer opened a link without a greeting")
    limit: int = first.hello.max_exchanges
    return limit
