"""The caller's end of a link, as a state machine without I/O.

`ClientLink` turns exchanges into frames in its outbox and incoming messages into events. Whoever
owns the wire carries the outbox away, feeds `receive`, and calls `lose` once when the wire is gone.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

from janus_mesh.errors import JanusError, Overloaded, Unavailable
from janus_proto._gen.janus.chat.v1 import chat_pb2, event_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

from .outbox import Outbox

# What a peer may send ahead of the reader, per exchange, and what an event costs beside its bytes.
WINDOW_BYTES = 16 * 1024
EVENT_BYTES = 16

# What the outbox holds: frames, and pings by their number.
Item = link_pb2.Frame | int

_PARSE = event_pb2.ChatEvent.FromString


class ClientLink:
    """Every live exchange of one link."""

    def __init__(self, max_exchanges: int = 0) -> None:
        self.outbox: Outbox[Item] = Outbox()
        self.draining = False
        self.max_exchanges = max_exchanges
        self._ends: dict[int, ClientEnd] = {}
        self._last = 0
        self._lost: JanusError | None = None

    @property
    def live(self) -> int:
        """How many exchanges are open."""
        return len(self._ends)

    @property
    def usable(self) -> bool:
        """Whether a new exchange may be opened."""
        return self._lost is None and not self.draining

    def open(
        self, request: request_pb2.ChatRequest, headers: Mapping[str, str], total: float | None
    ) -> "ClientEnd":
        """Begins an exchange. Raises `Unavailable` on a lost or draining link, `Overloaded` on a full one."""
        if not self.usable:
            raise self._lost or Unavailable("the peer is draining")
        if self.max_exchanges and self.live >= self.max_exchanges:
            raise Overloaded("the link carries as many exchanges as the peer takes", retry_after=1.0)
        self._last += 1
        end = self._ends[self._last] = ClientEnd(self, self._last)
        opening = link_pb2.Open(
            request=request,
            credit=WINDOW_BYTES,
            timeout_millis=0 if total is None else max(1, int(total * 1000)),
            headers=dict(headers),
        )
        self.outbox.put(link_pb2.Frame(exchange=end.exchange, open=opening), opening.ByteSize())
        return end

    def receive(self, message: link_pb2.LinkResponse) -> None:
        """Takes in a message; events of exchanges that were left are dropped."""
        if message.draining:
            self.draining = True
        ends = self._ends
        for exchange, kind, event in zip(message.exchanges, message.kinds, message.events, strict=True):
            end = ends.get(exchange)
            if end is not None:
                if kind:
                    del ends[exchange]
                end.deliver(event, kind)

    def lose(self, error: JanusError) -> None:
        """Ends the link, and with it every live exchange."""
        if self._lost is None:
            self._lost = error
            ends, self._ends = self._ends, {}
            for end in ends.values():
                end.fail(error)

    def ping(self, number: int) -> None:
        """Asks the peer for a sign of life."""
        self.outbox.put(number)

    def grant(self, exchange: int, credit: int) -> None:
        if exchange in self._ends:
            self.outbox.put(link_pb2.Frame(exchange=exchange, credit=credit), EVENT_BYTES)

    def leave(self, exchange: int) -> None:
        """The caller wants no more of it; harmless after its ending."""
        if self._ends.pop(exchange, None) is not None and self._lost is None:
            self.outbox.put(link_pb2.Frame(exchange=exchange, cancel=chat_pb2.Cancel()), EVENT_BYTES)


class ClientEnd:
    """One exchange as its caller sees it: the events that arrived and were not taken yet."""

    def __init__(self, link: ClientLink, exchange: int) -> None:
        self.exchange = exchange
        self.arrived: deque[bytes] = deque()
        self.ended = False
        self.failure: JanusError | None = None
        # Called after every change, in place of waking a reader.
        self.on_change: Callable[[], None] | None = None
        self._link = link
        self._ungranted = 0
        self._waiting: asyncio.Future[None] | None = None

    @property
    def readable(self) -> bool:
        """Whether `receive` would return, or raise, at once."""
        return bool(self.arrived) or self.ended

    def deliver(self, event: bytes, kind: int) -> None:
        self.arrived.append(event)
        if kind:
            self.ended = True
        self._changed()

    def fail(self, error: JanusError) -> None:
        self.failure = error
        self.ended = True
        self._changed()

    async def receive(self) -> list[event_pb2.ChatEvent]:
        """The events that have arrived, at least one; none at all after the ending.

        Raises what ended the link once the events before it are read.
        """
        while not self.arrived:
            if self.failure is not None:
                raise self.failure
            if self.ended:
                return []
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        events = [_PARSE(event) for event in self.arrived]
        size = sum(map(len, self.arrived)) + EVENT_BYTES * len(events)
        self.arrived.clear()
        self.taken(size)
        return events

    def taken(self, size: int) -> None:
        """Notes that so many bytes were taken, and renews the peer's credit at half of the window."""
        self._ungranted += size
        if self._ungranted * 2 >= WINDOW_BYTES and not self.ended:
            self._link.grant(self.exchange, self._ungranted)
            self._ungranted = 0

    def cancel(self) -> None:
        self._link.leave(self.exchange)
        if not self.ended:
            self.ended = True
            self.arrived.clear()  # nobody wants it, and none of it is an ending
            self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()
        if self._waiting is not None:
            if not self._waiting.done():
                self._waiting.set_result(None)
            self._waiting = None


def message_of(items: list[Item]) -> link_pb2.LinkRequest:
    """One message that carries a load of the outbox."""
    message = link_pb2.LinkRequest()
    for item in items:
        if isinstance(item, int):
            message.ping = item
        else:
            message.frames.append(item)
    return message
