"""The link to one address, kept up in the background."""

import asyncio
import contextvars
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import grpc

from janus_mesh import logs
from janus_mesh.channel import Channel
from janus_mesh.errors import CompetitorFailed, JanusError, Unavailable, from_grpc
from janus_proto._gen.janus.link.v1 import link_pb2

from .client import ClientLink, exchange_of, message_of
from .events import VERSION, LinkBroken
from .outbox import pump

_LINK = f"/{link_pb2.DESCRIPTOR.services_by_name['LinkService'].full_name}/Link"
_HELLO_SECONDS = 5.0
# A peer whose event loop hangs still answers HTTP/2's pings, so the link has its own.
_PING_SECONDS = 5.0
_SILENCE_SECONDS = 3 * _PING_SECONDS
# A peer may be slow to read a large request, and answers pings behind it late: a minute.
_DEAF_PINGS = 12
# Between two attempts, seconds: at first, at most, and at most after a link whose rules the peer broke.
_SHORTEST_BACKOFF = 0.1
_LONGEST_BACKOFF = 1.0
_BROKEN_BACKOFF = 15.0
# Until a peer that has no links is asked again: it may be restarted as a newer version.
_UNSUPPORTED_SECONDS = 60.0
# A link that lived for so long was a good one.
_STEADY_SECONDS = 10.0

log = logs.get("mesh.link")


class Unsupported(Exception):
    """The peer speaks `ChatService` only."""


class _Silent(Exception):
    """The peer gave no sign of life."""


class Line:
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

    @property
    def unsupported(self) -> bool:
        """Whether the peer was found to have no links, and none came up since."""
        return self._attempt.done() and isinstance(self._attempt.exception(), Unsupported)

    async def connected(self) -> ClientLink:
        """The link, once the attempt that is under way succeeds; raises what the last one met."""
        return await asyncio.shield(self._attempt)

    async def close(self, reason: Exception) -> None:
        """Ends the link; who waits for one gets `reason`."""
        self._settle(reason)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._channel.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        backoff = _SHORTEST_BACKOFF
        while True:
            began, longest = loop.time(), _LONGEST_BACKOFF
            try:
                broken = await self._carry()
                # A peer that breaks the rules as soon as it has greeted would be dialled ten times a second.
                if loop.time() - began >= _STEADY_SECONDS:
                    backoff = _SHORTEST_BACKOFF
                if broken:
                    longest = _BROKEN_BACKOFF
            except Unsupported as answer:
                self._settle(answer)
                await asyncio.sleep(_UNSUPPORTED_SECONDS)
            except JanusError as error:
                self._settle(error)
            except Exception:
                log.exception("link failed", address=self._address)
                self._settle(Unavailable("the link to the peer failed", retry_after=1.0))
            # An attempt that failed stays failed until the next begins, so that callers fail at once. One
            # that found no links stays until there is one, so that no call waits for the next attempt.
            await asyncio.sleep(backoff * random.uniform(0.5, 1.0))  # noqa: S311  # jitter
            backoff = min(backoff * 2, longest)
            if self._attempt.done() and not self.unsupported:
                self._attempt = loop.create_future()

    def _settle(self, error: Exception) -> None:
        if not self._attempt.done():
            self._attempt.set_exception(error)
            self._attempt.exception()  # nobody may be waiting

    async def _carry(self) -> bool:
        """Connects and carries one link to its end. Returns whether the peer broke the rules.

        Raises when it could not be opened.
        """
        call = self._channel.stream_stream(
            _LINK,
            request_serializer=link_pb2.LinkRequest.SerializeToString,
            response_deserializer=link_pb2.LinkResponse.FromString,
        )()
        try:
            link = ClientLink(max_exchanges=await _greeted(call))
            self.link = link
            if self._attempt.done():
                self._attempt = asyncio.get_running_loop().create_future()
            self._attempt.set_result(link)
            log.info("link up", address=self._address)
            return await self._attend(call, link)
        finally:
            self.link = None
            call.cancel()

    async def _attend(self, call: Any, link: ClientLink) -> bool:
        loop = asyncio.get_running_loop()
        heard = loop.time()

        async def read() -> None:
            nonlocal heard
            while (message := await call.read()) is not grpc.aio.EOF:
                heard = loop.time()
                if message is None:  # how gRPC hands over a message that could not be parsed
                    raise LinkBroken("a message that cannot be read")
                for _ in link.receiving(message):
                    await asyncio.sleep(0)

        async def listen_for_life() -> None:
            nonlocal heard
            number, next_ping = 0, loop.time()
            while True:
                now, silence_ends = loop.time(), heard + _SILENCE_SECONDS
                # One that sends, but reads nothing, answers no ping.
                if now >= silence_ends or number - link.ponged >= _DEAF_PINGS:
                    raise _Silent(f"silent for {now - heard:.0f} s, {number - link.ponged} pings unanswered")
                if now >= next_ping:
                    number += 1
                    link.ping(number)
                    next_ping = now + _PING_SECONDS
                wakes = min(next_ping, silence_ends)
                await asyncio.sleep(wakes - now)
                # While this process was stopped or busy it could not hear: that is not the peer's silence.
                heard += max(0.0, loop.time() - wakes)

        tasks = {
            asyncio.create_task(read()),
            asyncio.create_task(
                pump(link.outbox, lambda items: call.write(message_of(items)), self._floor, exchange_of)
            ),
            asyncio.create_task(listen_for_life()),
        }
        reason: BaseException | None = None
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            failures = [end for end in ends if isinstance(end, Exception)]
            broken = [failure for failure in failures if isinstance(failure, LinkBroken)]
            reason = next(iter(broken or failures), None)
            # A drained link ends by itself once it is idle; that is no loss worth a warning.
            (log.warning if link.live or broken else log.info)(
                "link lost", address=self._address, live=link.live, reason=_described(reason)
            )
            link.outbox.close()
            link.lose(_loss(reason))
        return bool(broken)


def _loss(reason: BaseException | None) -> JanusError:
    """What the exchanges of a lost link end with."""
    if isinstance(reason, LinkBroken):
        return Unavailable(f"the peer broke the rules of the link: {reason}")
    return Unavailable("the connection to the peer was lost")


def _described(reason: BaseException | None) -> str | None:
    if isinstance(reason, grpc.aio.AioRpcError):
        return f"{reason.code().name}: {reason.details()}"
    return None if reason is None else str(reason) or type(reason).__name__


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
    if first is grpc.aio.EOF or first is None or not first.HasField("hello"):
        raise CompetitorFailed("the peer opened a link without a greeting")
    if first.hello.version != VERSION:
        raise CompetitorFailed(
            f"the peer greeted with version {first.hello.version} of links; {VERSION} is known here"
        )
    if first.exchanges or first.kinds or first.events:
        raise CompetitorFailed("the peer sent events before any exchange was opened")
    limit: int = first.hello.max_exchanges
    return limit
