"""The caller's end of a link, as a state machine without I/O.

`ClientLink` turns exchanges into frames in its outbox and incoming messages into events. Whoever
owns the wire carries the outbox away, feeds `receive`, and calls `lose` once when the wire is gone.
"""

import asyncio
from collections.abc import Callable, Mapping

from google.protobuf.message import DecodeError

from janus_mesh.errors import CompetitorFailed, JanusError, Overloaded, Unavailable
from janus_proto._gen.janus.chat.v1 import chat_pb2, event_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

from .outbox import Outbox

# What a peer may send ahead of the reader, per exchange, and what an event costs beside its bytes.
WINDOW_BYTES = 16 * 1024
EVENT_BYTES = 16

# What the outbox holds: frames, and pings by their number.
Item = link_pb2.Frame | int

# An event as it came: its kind and its bytes.
Arrived = tuple[int, bytes]

_ENDINGS = (link_pb2.EVENT_KIND_FINISH, link_pb2.EVENT_KIND_ERROR)
_CONTENT = link_pb2.EVENT_KIND_CONTENT


class ClientLink:
    """Every live exchange of one link."""

    def __init__(self, max_exchanges: int = 0) -> None:
        self.outbox: Outbox[Item] = Outbox(_size_of)
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
        self._say(link_pb2.Frame(exchange=end.exchange, open=opening))
        self.outbox.hurry()
        return end

    def receive(self, message: link_pb2.LinkResponse) -> None:
        """Takes in a message; events of exchanges that were left are dropped."""
        if message.draining:
            self.draining = True
        ends = self._ends
        changed: list[ClientEnd] = []
        for exchange, kind, event in zip(message.exchanges, message.kinds, message.events, strict=True):
            end = ends.get(exchange)
            if end is None:
                continue
            if kind in _ENDINGS:
                del ends[exchange]
                end.ended = True
            elif not end.arrived and end.on_event is not None and end.on_event(kind, event):
                continue
            if end.ended or not end.arrived:
                changed.append(end)
            end.arrived.append((kind, event))
        for end in changed:
            end.changed()

    def lose(self, error: JanusError) -> None:
        """Ends the link, and with it every live exchange."""
        if self._lost is None:
            self._lost = error
            ends, self._ends = self._ends, {}
            for end in ends.values():
                end.fail(error)

    def ping(self, number: int) -> None:
        """Asks the peer for a sign of life."""
        self.outbox.put(number, EVENT_BYTES)

    def grant(self, exchange: int, credit: int) -> None:
        if exchange in self._ends:
            self._say(link_pb2.Frame(exchange=exchange, credit=credit))

    def leave(self, exchange: int) -> None:
        """The caller wants no more of it; harmless after its ending."""
        if self._ends.pop(exchange, None) is not None and self._lost is None:
            self._say(link_pb2.Frame(exchange=exchange, cancel=chat_pb2.Cancel()))
            self.outbox.hurry()

    def _say(self, frame: link_pb2.Frame) -> None:
        self.outbox.put(frame, _size_of(frame))


class ClientEnd:
    """One exchange as its caller sees it: the events that arrived and were not taken yet."""

    __slots__ = (
        "_link",
        "_ungranted",
        "_waiting",
        "arrived",
        "ended",
        "exchange",
        "failure",
        "on_change",
        "on_event",
    )

    def __init__(self, link: ClientLink, exchange: int) -> None:
        self.exchange = exchange
        self.arrived: list[Arrived] = []  # short, being bounded by credit; an empty deque has 600 bytes
        self.ended = False
        self.failure: JanusError | None = None
        # Called after every change, in place of waking a reader.
        self.on_change: Callable[[], None] | None = None
        # Offered each event but the ending while none waits here; whether it took it.
        self.on_event: Callable[[int, bytes], bool] | None = None
        self._link = link
        self._ungranted = 0
        self._waiting: asyncio.Future[None] | None = None

    @property
    def readable(self) -> bool:
        """Whether `receive` would return, or raise, at once."""
        return bool(self.arrived) or self.ended

    @property
    def before_ending(self) -> int:
        """How many of the events that arrived are not the ending."""
        return len(self.arrived) - (1 if self.ended and self.failure is None and self.arrived else 0)

    def fail(self, error: JanusError) -> None:
        self.failure = error
        self.ended = True
        self.changed()

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
        return [as_event(kind, data) for kind, data in self.take(len(self.arrived))]

    def take(self, count: int) -> list[Arrived]:
        """The first `count` events that arrived, which makes room for as many."""
        arrived = self.arrived
        if count == 1 == len(arrived):  # as nearly always
            taken = [arrived.pop()]
            self.taken(len(taken[0][1]) + EVENT_BYTES)
            return taken
        taken = arrived[:count]
        del arrived[:count]
        self.taken(sum(len(data) for _, data in taken) + EVENT_BYTES * count)
        return taken

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
            self.changed()

    def changed(self) -> None:
        """Something arrived, or ended it."""
        if self.on_change is not None:
            self.on_change()
        if self._waiting is not None:
            if not self._waiting.done():
                self._waiting.set_result(None)
            self._waiting = None


def as_event(kind: int, data: bytes) -> event_pb2.ChatEvent:
    """An event that arrived. Raises `CompetitorFailed` when it is none."""
    try:
        if kind == _CONTENT:
            return event_pb2.ChatEvent(content=data.decode())
        return event_pb2.ChatEvent.FromString(data)
    except (UnicodeDecodeError, DecodeError):
        raise CompetitorFailed("the peer sent an event that cannot be read") from None


def as_said(kind: int, data: bytes) -> event_pb2.ChatEvent | str:
    """As `as_event`, but with bare content as it is."""
    try:
        return data.decode() if kind == _CONTENT else as_event(kind, data)
    except UnicodeDecodeError:
        raise CompetitorFailed("the peer sent an event that cannot be read") from None


def exchange_of(item: Item) -> int:
    """The exchange that an item is of; 0 for a ping."""
    return 0 if isinstance(item, int) else item.exchange


def _size_of(item: Item) -> int:
    return EVENT_BYTES if isinstance(item, int) else item.ByteSize()


def message_of(items: list[Item]) -> link_pb2.LinkRequest:
    """One message that carries a load of the outbox."""
    message = link_pb2.LinkRequest()
    for item in items:
        if isinstance(item, int):
            message.ping = item
        else:
            message.frames.append(item)
    return message
