"""A competitor's event stream on its way to the mesh, passed on in the callback that brought it.

    relay = StreamRelay(exchange, answer, silence, EventParser(limit), max_bytes)
    while await call.push(relay.take):
        await relay.catch_up()
    await relay.end()

Events wait here only when the reader has granted no more credit; the container is not read meanwhile.
"""

from collections.abc import Iterator
from typing import Protocol

import orjson

import janus_mesh as mesh
from janus_mesh.errors import CompetitorFailed

from .events import AnswerEvents
from .silence import Silence

# What ends a stream. Some forget the brackets, or write a JSON string.
_DONE = b"[DONE]"
_DONES = frozenset((_DONE, b"DONE", b'"[DONE]"'))


class Parser(Protocol):
    """Splits a body into events."""

    def whole(self, read: bytes) -> bytes | None: ...

    def feed(self, read: bytes) -> Iterator[tuple[bytes, str]]: ...

    def tail(self) -> tuple[bytes, str] | None: ...


class StreamRelay:
    """One stream."""

    __slots__ = ("_answer", "_exchange", "_held", "_max_bytes", "_parser", "_room", "_silence", "done")

    def __init__(
        self, exchange: mesh.Exchange, answer: AnswerEvents, silence: Silence, parser: Parser, max_bytes: int
    ) -> None:
        self.done = False  # `[DONE]` came
        self._exchange = exchange
        self._answer = answer
        self._silence = silence
        self._parser = parser
        self._max_bytes = self._room = max_bytes
        self._held: list[mesh.Said] = []

    def take(self, read: bytes) -> bool:
        """Passes on the events in a piece of the body. False when some have to wait, or all is said.

        Raises `CompetitorFailed` for what makes no sense, after the events before it.
        """
        self._room -= len(read)
        if self._room < 0:
            raise CompetitorFailed(f"the competitor's answer has more than {self._max_bytes} bytes")
        data = self._parser.whole(read)
        if data is not None and (text := self._answer.plain(data)) is not None:
            self._pass_on(text)
            return not self._held
        for data, kind in self._parser.feed(read):
            if kind == "message" and (text := self._answer.plain(data)) is not None:
                self._pass_on(text)
                continue
            if not self._take_event(data, kind):
                return False
        return not self._held

    def _take_event(self, data: bytes, kind: str) -> bool:
        """Passes on one event. False at the one that ends the stream."""
        if data == _DONE or data.strip() in _DONES:
            self.done = True
            return False
        if data and not data.isspace():
            for event in self._answer.chunk(data, kind):
                self._pass_on(event)
        return True

    def _pass_on(self, event: mesh.Said) -> None:
        self._silence.heard()
        if self._held or not self._exchange.offer(event):
            self._held.append(event)

    async def catch_up(self) -> None:
        """Sends what had to wait."""
        if not self._held:
            return
        self._silence.interrupted()
        for event in self._held:
            await self._exchange.send(event)
        self._held.clear()
        self._silence.resumed()

    async def end(self) -> None:
        """To be called at the end of the body, which may lack the line end after its last event.

        Raises `CompetitorFailed` when the body was cut in the middle of an event, unless the answer was
        complete before it.
        """
        tail = None if self.done else self._parser.tail()
        if tail is None:
            return
        data, kind = tail
        if kind == "message" and not _is_json(data) and data.strip() not in _DONES:
            if self._answer.complete:
                return
            raise CompetitorFailed("the competitor's answer ended in the middle of an event")
        self._take_event(data, kind)
        await self.catch_up()


def _is_json(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True
