"""The caller's end of a link, as a state machine without I/O.

`ClientLink` turns exchanges into frames in its outbox and incoming messages into events. Whoever
owns the wire carries the outbox away, feeds `receive`, and calls `lose` once when the wire is gone.
"""

from collections.abc import Iterable, Iterator, Mapping

from janus_mesh.answer_limits import MAX_EVENT_BYTES
from janus_mesh.errors import CompetitorFailed, JanusError, Overloaded, Unavailable
from janus_proto._gen.janus.chat.v1 import chat_pb2, request_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

from .client_end import ClientEnd
from .events import ERROR, EVENT_BYTES, FINISH, WINDOW_BYTES, LinkBroken, as_event
from .outbox import Outbox

# One event of a message: exchange, kind, data.
Column = tuple[int, int, bytes]
# What the outbox holds: frames, and pings by their number.
Item = link_pb2.Frame | int

_ENDINGS = (FINISH, ERROR)
# A server's message carries a load of its outbox, so no more events than fit there.
_MAX_EVENTS = Outbox.LOAD_BYTES // EVENT_BYTES + 1
# What may wait for a peer that does not read before new exchanges are refused.
_MAX_WAITING_BYTES = 128 * 1024 * 1024
_MAX_SIZE = MAX_EVENT_BYTES + EVENT_BYTES
# Events that are taken in at once; those of a longer message take turns with everything else on the loop.
_TURN_EVENTS = 512
_TURN_BYTES = 64 * 1024
# Messages without any news that a link may bring, because each costs the reader a wake-up.
_MAX_IDLE_MESSAGES = 1_000
_LONGEST_MILLIS = 2**63 - 1


class ClientLink:
    """Every live exchange of one link."""

    def __init__(self, max_exchanges: int = 0) -> None:
        self.outbox: Outbox[Item] = Outbox(_size_of)
        self.draining = False
        self.max_exchanges = max_exchanges
        self.pinged = self.ponged = 0  # the last number that was asked, and answered
        self._ends: dict[int, ClientEnd] = {}
        self._last = 0
        self._lost: JanusError | None = None
        # Bytes that the peer may still send for exchanges that were left, because it had not heard of it.
        self._crossing = 0
        self._idle_messages = 0

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
        """Begins an exchange.

        Raises `Unavailable` on a link that is lost, drains or is not read by the peer, `Overloaded` on a full
        one.
        """
        if not self.usable:
            raise self._lost or Unavailable("the peer is draining")
        if self.max_exchanges and self.live >= self.max_exchanges:
            raise Overloaded("the link carries as many exchanges as the peer takes", retry_after=1.0)
        if self.outbox.bytes > _MAX_WAITING_BYTES:
            raise Unavailable("the peer does not read its link", retry_after=1.0)
        self._last += 1
        end = self._ends[self._last] = ClientEnd(self, self._last)
        opening = link_pb2.Open(
            request=request,
            credit=WINDOW_BYTES,
            timeout_millis=0 if total is None else max(1, min(int(total * 1000), _LONGEST_MILLIS)),
            headers=dict(headers),
        )
        self._say(link_pb2.Frame(exchange=end.exchange, open=opening))
        self.outbox.hurry()
        return end

    def receive(self, message: link_pb2.LinkResponse) -> None:
        """Takes in a message.

        What breaks the rules of one exchange ends that exchange with `CompetitorFailed` and cancels it at the
        peer. Raises `LinkBroken` for what breaks those of the link, which the owner of the wire must end.
        """
        for _ in self.receiving(message):
            pass

    def receiving(self, message: link_pb2.LinkResponse) -> Iterator[None]:
        """Takes in a message as `receive` does, and yields where others may run before the rest of it."""
        exchanges, kinds, events = message.exchanges, message.kinds, message.events
        count = len(events)
        if count != len(exchanges) or count != len(kinds):
            raise LinkBroken("columns of unequal length")
        self._check(message, count)
        columns = zip(exchanges, kinds, events, strict=True)
        # One event is one turn, whatever its size.
        if count <= 1 or (count <= _TURN_EVENTS and message.ByteSize() <= _TURN_BYTES):
            self._take_in(columns)
            return
        while turn := _turn(columns):
            self._take_in(turn)
            yield

    def _take_in(self, columns: Iterable[Column]) -> None:
        ends = self._ends
        changed: list[ClientEnd] = []
        try:
            for exchange, kind, event in columns:
                size = len(event) + EVENT_BYTES
                end = ends.get(exchange)
                if end is None:
                    self._drop(exchange, size)
                    continue
                if kind in _ENDINGS:
                    if not _is_ending(end, kind, event):
                        continue
                    del ends[exchange]
                    end.ended = True
                elif end.credit <= 0 or size > _MAX_SIZE:
                    end.refuse(size)
                    continue
                else:  # every token comes by here, so without a call that is not needed
                    end.credit -= size
                    if end.on_event is not None and not end.arrived and end.on_event(kind, event):
                        continue
                if end.ended or not end.arrived:
                    changed.append(end)
                end.arrived.append((kind, event))
        finally:  # also when the link breaks: an exchange that has its ending is none of the link's any more
            for end in changed:
                end.changed()

    def _check(self, message: link_pb2.LinkResponse, count: int) -> None:
        """Takes in what a message of `count` events says of the link itself."""
        if count > _MAX_EVENTS:
            raise LinkBroken(f"a message of {count} events; at most {_MAX_EVENTS} are allowed")
        if message.HasField("hello"):
            raise LinkBroken("a hello after the first message")
        pong, draining = message.pong, message.draining
        if pong > self.pinged:
            raise LinkBroken(f"a pong with the number {pong}, which no ping had")
        if not count and pong <= self.ponged and draining <= self.draining:
            self._idle_messages += 1
            if self._idle_messages > _MAX_IDLE_MESSAGES:
                raise LinkBroken(f"more than {_MAX_IDLE_MESSAGES} messages without news")
        self.ponged = max(self.ponged, pong)
        if draining:
            self.draining = True

    def _drop(self, exchange: int, size: int) -> None:
        """Drops an event of an exchange that was left, when that can have crossed it on the wire."""
        if not 0 < exchange <= self._last:
            raise LinkBroken(f"an event of exchange {exchange}, which was never opened")
        self._crossing -= size
        if self._crossing < 0:
            raise LinkBroken(f"an event of exchange {exchange} after its end")

    def lose(self, error: JanusError) -> None:
        """Ends the link, and with it every live exchange."""
        if self._lost is None:
            self._lost = error
            ends, self._ends = self._ends, {}
            for end in ends.values():
                end.fail(error)

    def ping(self, number: int) -> None:
        """Asks the peer for a sign of life. Numbers rise."""
        self.pinged = number
        self.outbox.put(number, EVENT_BYTES)

    def grant(self, exchange: int, credit: int) -> None:
        """Tells the peer that it may send so many bytes more."""
        if exchange in self._ends:
            self._say(link_pb2.Frame(exchange=exchange, credit=credit))

    def leave(self, exchange: int) -> None:
        """Cancels an exchange at the peer; harmless after its ending."""
        end = self._ends.pop(exchange, None)
        if end is not None and self._lost is None:
            # The rest of its credit, the event that overdraws it, and the ending may be on their way.
            self._crossing += max(0, end.credit) + 2 * (MAX_EVENT_BYTES + EVENT_BYTES)
            self._say(link_pb2.Frame(exchange=exchange, cancel=chat_pb2.Cancel()))
            self.outbox.hurry()

    def _say(self, frame: link_pb2.Frame) -> None:
        self.outbox.put(frame, _size_of(frame))


def _turn(columns: Iterator[Column]) -> list[Column]:
    """The next events that are taken in at once: one at least, while there are any."""
    turn: list[Column] = []
    size = 0
    for column in columns:
        turn.append(column)
        size += len(column[2]) + EVENT_BYTES
        if len(turn) >= _TURN_EVENTS or size >= _TURN_BYTES:
            break
    return turn


def _is_ending(end: ClientEnd, kind: int, event: bytes) -> bool:
    """Whether an event is the ending that it is said to be; if not, its exchange is broken off."""
    try:
        if len(event) > MAX_EVENT_BYTES:
            raise CompetitorFailed(f"the peer sent an ending of {len(event)} bytes")
        as_event(kind, event)
    except CompetitorFailed as error:
        end.break_off(error)
        return False
    return True


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
