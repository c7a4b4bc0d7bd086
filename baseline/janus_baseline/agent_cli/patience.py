"""How long one answer may keep us waiting: for its first event, between events, in all."""

import asyncio
import time

from janus_mesh.settings import StreamTimeouts


class Patience:
    """The bounds of one exchange, from when it is made."""

    def __init__(self, bounds: StreamTimeouts, *, streams: bool) -> None:
        self._bounds = bounds
        self._streams = streams
        self._until = time.monotonic() + bounds.total_timeout
        self._seen = False

    def event(self) -> None:
        """Notes that the first event has come; from then on the gap counts."""
        self._seen = True

    def wait(self) -> asyncio.Timeout:
        """Bounds one wait: `async with patience.wait(): ...`. Raises `TimeoutError`."""
        left = max(0.0, self._until - time.monotonic())
        if not self._streams:  # a whole answer is silent until it is complete
            return asyncio.timeout(left)
        silence = self._bounds.gap_timeout if self._seen else self._bounds.first_event_timeout
        return asyncio.timeout(min(silence, left))
