"""A competitor's event stream on its way to the mesh, passed on in the callback that brought it.

    relay = StreamRelay(exchange, answer, silence, max_event_bytes)
    while await call.push(relay.take):
        await relay.catch_up()

Only when the reader has granted no more credit do events wait here, and the task that catches up with
them; the container is not read meanwhile.
"""

import janus_mesh as mesh
from janus_mesh.errors import CompetitorFailed

from .answer_events import AnswerEvents
from .silence import Silence
from .sse import EventParser

_DONE = b"[DONE]"


class StreamRelay:
    """One stream."""

    __slots__ = ("_answer", "_exchange", "_held", "_parser", "_silence", "done")

    def __init__(
        self, exchange: mesh.Exchange, answer: AnswerEvents, silence: Silence, max_event_bytes: int
    ) -> None:
        self.done = False  # `[DONE]` came
        self._exchange = exchange
        self._answer = answer
        self._silence = silence
        self._parser = EventParser(max_event_bytes)
        self._held: list[mesh.Said] = []

    def take(self, read: bytes) -> bool:
        """Passes on the events in a piece of the body. False when some have to wait, or all is said.

        Raises `CompetitorFailed` for what makes no sense, after the events before it.
        """
        data = self._parser.whole(read)
        if data is not None and (text := self._answer.plain(data)) is not None:
            self._pass_on(text)
            return not self._held
        for data, kind in self._parser.feed(read):
            if data == _DONE or data.strip() == _DONE:
                self.done = True
                return False
            if kind == "message" and (text := self._answer.plain(data)) is not None:
                self._pass_on(text)
                continue
            for event in self._answer.chunk(data, kind) if data else ():
                self._pass_on(event)
        return not self._held

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

    def check_end(self) -> None:
        """To be called at the end of the body. Raises `CompetitorFailed` when it cut an event short."""
        if not self.done and self._parser.unfinished and not self._answer.complete:
            raise CompetitorFailed("the competitor's answer ended in the middle of an event")
