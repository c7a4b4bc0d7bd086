"""The answering end of a link, as a state machine without I/O.

`ServerLink` turns incoming frames into exchanges that it hands to `begin`, and what they send into
columns in its outbox. Whoever owns the wire carries the outbox away, feeds `receive`, and calls
`close` once when the wire is gone.
"""

from collections.abc import Callable

from janus_mesh.errors import InvalidRequest, JanusError, Overloaded
from janus_proto._gen.janus.chat.v1 import event_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

from .events import ERROR, EVENT_BYTES, VERSION
from .outbox import Outbox
from .server_end import MAX_CREDIT_BYTES, ServerEnd

# An event on its way: exchange, kind, serialised event.
Column = tuple[int, int, bytes]
# What the outbox holds: events, and what the link says for itself.
Item = Column | link_pb2.LinkResponse

# The memory that a pong or a draining takes while it waits; on the wire it is less.
_CONTROL_BYTES = 256
# A caller's message carries a load of its outbox, so no more frames than fit there; the smallest has 4 bytes.
_MAX_FRAMES = Outbox.LOAD_BYTES // 4 + 1


class ServerLink:
    """Every live exchange of one link.

    `begin(end, open)` starts an answer; a `JanusError` that it raises becomes the exchange's ending. Whoever
    began an answer calls `done` when it has stopped.
    """

    def __init__(
        self, begin: Callable[["ServerLink", ServerEnd, link_pb2.Open], None], max_exchanges: int = 10_000
    ) -> None:
        self.outbox: Outbox[Item] = Outbox(_size_of)
        self.max_exchanges = max_exchanges
        self._begin = begin
        self._ends: dict[int, ServerEnd] = {}
        self._last = 0
        self._working = 0  # answers that have not stopped, those that nobody wants any more included
        self._began = False

    @property
    def live(self) -> int:
        """How many exchanges are open."""
        return len(self._ends)

    def receive(self, message: link_pb2.LinkRequest) -> None:
        """Takes in a message.

        What breaks the rules of one exchange ends it with an error. Raises `InvalidRequest` for what breaks
        those of the link, which the owner of the wire must end.
        """
        if message.HasField("hello"):
            if self._began:
                raise InvalidRequest("`hello` came after the first message", param="hello")
            if message.hello.version != VERSION:
                raise InvalidRequest(f"this link speaks version {VERSION}", param="hello.version")
        self._began = True
        if len(message.frames) > _MAX_FRAMES:
            raise InvalidRequest(f"a message may have {_MAX_FRAMES} frames", param="frames")
        if message.ping:
            self._say(link_pb2.LinkResponse(pong=message.ping))
        for frame in message.frames:
            self._receive_frame(frame)

    def _receive_frame(self, frame: link_pb2.Frame) -> None:
        what = frame.WhichOneof("frame")
        if what == "open":
            self._open(frame.exchange, frame.open)
            return
        if what is None:
            raise InvalidRequest(f"a frame of exchange {frame.exchange} says nothing", param="frames.frame")
        if not 0 < frame.exchange <= self._last:
            raise InvalidRequest(f"exchange {frame.exchange} was never opened", param="frames.exchange")
        end = self._ends.get(frame.exchange)
        if end is None:  # its ending crossed this frame on the wire
            return
        if what == "cancel":
            del self._ends[frame.exchange]
            end.leave()
        elif not end.grant(frame.credit):
            end.leave()
            self._refuse(frame.exchange, _too_much_credit("frames.credit"))

    def drain(self) -> None:
        """Asks the caller to open new exchanges elsewhere."""
        self._say(link_pb2.LinkResponse(draining=True))

    def close(self) -> None:
        """The wire is gone: every live answer is cancelled."""
        ends, self._ends = self._ends, {}
        for end in ends.values():
            end.leave()
        self.outbox.close()

    def done(self) -> None:
        """Notes that an answer has stopped."""
        self._working -= 1

    def end(self, exchange: int, kind: int, event: bytes) -> None:
        """Queues an exchange's ending."""
        self._ends.pop(exchange, None)
        self.outbox.put((exchange, kind, event), len(event) + EVENT_BYTES, hurry=True)

    def _say(self, control: link_pb2.LinkResponse) -> None:
        self.outbox.put(control, _CONTROL_BYTES)

    def _refuse(self, exchange: int, error: JanusError) -> None:
        self.end(exchange, ERROR, event_pb2.ChatEvent(error=error.to_proto()).SerializeToString())

    def _open(self, exchange: int, opening: link_pb2.Open) -> None:
        if exchange <= self._last:
            raise InvalidRequest(
                f"exchange {exchange} was opened after {self._last}", param="frames.exchange"
            )
        self._last = exchange
        # Answers that were left take a moment to stop; this bounds a caller that opens and cancels in a loop.
        if self.live >= self.max_exchanges or self._working >= 2 * self.max_exchanges:
            refusal = Overloaded("this link carries as many exchanges as it may", retry_after=1.0)
            self._refuse(exchange, refusal)
            return
        if opening.credit > MAX_CREDIT_BYTES:
            self._refuse(exchange, _too_much_credit("open.credit"))
            return
        end = self._ends[exchange] = ServerEnd(self, exchange, opening.credit)
        self._working += 1
        try:
            self._begin(self, end, opening)
        except JanusError as error:
            self._working -= 1
            end.leave()
            self._refuse(exchange, error)


def _too_much_credit(param: str) -> InvalidRequest:
    return InvalidRequest(f"an exchange may have {MAX_CREDIT_BYTES} bytes of unused credit", param=param)


def exchange_of(item: Item) -> int:
    """The exchange that an item is of; 0 for what the link says for itself."""
    return item[0] if isinstance(item, tuple) else 0


def _size_of(item: Item) -> int:
    return len(item[2]) + EVENT_BYTES if isinstance(item, tuple) else _CONTROL_BYTES


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
