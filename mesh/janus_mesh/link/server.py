"""The answering end of a link, as a state machine without I/O.

`ServerLink` turns incoming frames into exchanges that it hands to `begin`, and what they send into
columns in its outbox. Whoever owns the wire carries the outbox away, feeds `receive`, and calls
`close` once when the wire is gone.
"""

import asyncio
import sys
from collections.abc import Callable

from janus_mesh.errors import InvalidRequest, JanusError, Overloaded
from janus_proto._gen.janus.chat.v1 import event_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

from .client import EVENT_BYTES
from .outbox import Outbox

# An event on its way: exchange, kind, serialised event.
Column = tuple[int, int, bytes]
# What the outbox holds: events, and what the link says for itself.
Item = Column | link_pb2.LinkResponse

FINISH = link_pb2.EVENT_KIND_FINISH
ERROR = link_pb2.EVENT_KIND_ERROR
CONTENT = link_pb2.EVENT_KIND_CONTENT
_KINDS = {"finish": FINISH, "error": ERROR}
# The first events of an exchange, from the route to the first of its text, wait for no others.
_HURRIED_EVENTS = 4


class ServerLink:
    """Every live exchange of one link. `begin(end, open)` starts an answer and must not fail."""

    def __init__(
        self, begin: Callable[["ServerEnd", link_pb2.Open], None], max_exchanges: int = 10_000
    ) -> None:
        self.outbox: Outbox[Item] = Outbox(_size_of)
        self.max_exchanges = max_exchanges
        self._begin = begin
        self._ends: dict[int, ServerEnd] = {}
        self._last = 0

    @property
    def live(self) -> int:
        """How many exchanges are open."""
        return len(self._ends)

    def receive(self, message: link_pb2.LinkRequest) -> None:
        """Takes in a message. Raises `InvalidRequest` when the caller breaks the rules: the link must end."""
        if message.ping:
            self._say(link_pb2.LinkResponse(pong=message.ping))
        for frame in message.frames:
            what = frame.WhichOneof("frame")
            if what == "open":
                self._open(frame.exchange, frame.open)
                continue
            end = self._ends.get(frame.exchange)
            if end is None:  # its ending crossed this frame on the wire
                continue
            if what == "credit":
                end.grant(frame.credit)
            elif what == "cancel":
                del self._ends[frame.exchange]
                end.leave()

    def drain(self) -> None:
        """Asks the caller to open new exchanges elsewhere."""
        self._say(link_pb2.LinkResponse(draining=True))

    def close(self) -> None:
        """The wire is gone: every live answer is cancelled."""
        ends, self._ends = self._ends, {}
        for end in ends.values():
            end.leave()
        self.outbox.close()

    def end(self, exchange: int, kind: int, event: bytes) -> None:
        """Queues an exchange's ending."""
        self._ends.pop(exchange, None)
        self.outbox.put((exchange, kind, event), len(event) + EVENT_BYTES, hurry=True)

    def _say(self, control: link_pb2.LinkResponse) -> None:
        self.outbox.put(control, EVENT_BYTES)

    def _open(self, exchange: int, opening: link_pb2.Open) -> None:
        if exchange <= self._last:
            raise InvalidRequest(f"exchange {exchange} was opened after {self._last}")
        self._last = exchange
        if self.live >= self.max_exchanges:
            refusal = Overloaded("this link carries as many exchanges as it may", retry_after=1.0)
            self.end(exchange, ERROR, _ending(refusal))
            return
        end = self._ends[exchange] = ServerEnd(self, exchange, opening.credit)
        self._begin(end, opening)


class ServerEnd:
    """One exchange as its answer sees it: what it may still send, and whether anybody listens."""

    __slots__ = ("_credit", "_hurried", "_left", "_link", "_waiting", "exchange", "on_credit", "on_leave")

    def __init__(self, link: ServerLink, exchange: int, credit: int) -> None:
        self.exchange = exchange
        self.on_leave: Callable[[], object] | None = None
        self.on_credit: Callable[[], None] | None = None
        self._link = link
        self._credit = credit
        self._hurried = _HURRIED_EVENTS
        self._left = False
        self._waiting: asyncio.Future[None] | None = None

    async def write(self, event: event_pb2.ChatEvent | str) -> None:
        """Queues an event, when the caller has granted credit for it. An ending needs none."""
        kind, data = _as_item(event)
        if kind in (FINISH, ERROR):
            if not self._left:
                self._link.end(self.exchange, kind, data)
            return
        while not self.forward(kind, data):
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def offer(self, event: event_pb2.ChatEvent | str) -> bool:
        """Queues an event that is no ending, when there is credit for it; whether it did."""
        if type(event) is str:
            return self.forward(CONTENT, event.encode())
        return self.forward(*_as_item(event))

    def forward(self, kind: int, data: bytes) -> bool:
        """As `offer`, with an event as it goes on the wire."""
        if self._left:
            return True  # what nobody wants any more has nothing to wait for
        if self._credit <= 0:
            return False
        size = len(data) + EVENT_BYTES
        self._credit -= size
        hurry = self._hurried > 0
        if hurry:
            self._hurried -= 1
        self._link.outbox.put((self.exchange, kind, data), size, hurry=hurry)
        return True

    def hurry(self) -> None:
        """No event from now on is to be held back for more to share its message."""
        self._hurried = sys.maxsize

    def grant(self, credit: int) -> None:
        self._credit += credit
        if self.on_credit is not None:
            self.on_credit()
        self._wake()

    def leave(self) -> None:
        """The caller is gone: the answer is told, and nothing more is sent."""
        self._left = True
        self._wake()
        if self.on_leave is not None:
            self.on_leave()

    def _wake(self) -> None:
        if self._waiting is not None:
            if not self._waiting.done():
                self._waiting.set_result(None)
            self._waiting = None


def _as_item(event: event_pb2.ChatEvent | str) -> tuple[int, bytes]:
    if isinstance(event, str):
        return CONTENT, event.encode()
    return _KINDS.get(event.WhichOneof("payload") or "", 0), event.SerializeToString()


def exchange_of(item: Item) -> int:
    """The exchange that an item is of; 0 for what the link says for itself."""
    return item[0] if isinstance(item, tuple) else 0


def _size_of(item: Item) -> int:
    return len(item[2]) + EVENT_BYTES if isinstance(item, tuple) else EVENT_BYTES


def _ending(error: JanusError) -> bytes:
    return event_pb2.ChatEvent(error=error.to_proto()).SerializeToString()


def message_of(items: list[Item]) -> link_pb2.LinkResponse:
    """One message that carries a load of the outbox."""
    columns = [item for item in items if isinstance(item, tuple)]
    message = link_pb2.LinkResponse()
    if columns:
        exchanges, kinds, events = zip(*columns, strict=True)
        message = link_pb2.LinkResponse(exchanges=exchanges, kinds=bytes(kinds), events=events)
    if len(columns) < len(items):
        for item in items:
            if not isinstance(item, tuple):
                message.MergeFrom(item)
    return message
