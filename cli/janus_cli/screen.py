"""Output that may stall without stalling the supervisor.

A paused terminal or a full pipe blocks whoever writes to it. The supervisor also empties its services'
pipes, so if it blocked, every service would soon block on its own log line. Writing therefore happens on
a thread behind a bounded queue; what does not fit is counted, and stays in the log files.
"""

import os
import queue
import threading
from collections.abc import Callable, Mapping
from typing import TextIO

from .log_view import Style

_QUEUED_TEXTS = 10_000
_FLUSH_SECONDS = 2.0


class Screen:
    """Prints texts in order; `on_closed` is called (on the thread) when the reader has gone."""

    def __init__(self, stream: TextIO, on_closed: Callable[[], object] = lambda: None) -> None:
        self.style = style_of(stream.fileno(), os.environ)
        self._stream = stream
        self._on_closed = on_closed
        self._dropped = 0
        self._texts: queue.Queue[str | None] = queue.Queue(_QUEUED_TEXTS)
        self._thread = threading.Thread(target=self._print, name="screen", daemon=True)
        self._thread.start()

    def show(self, text: str) -> None:
        """Queues a text of one or more lines."""
        if self._dropped and not self._texts.full():
            note, self._dropped = f"({self._dropped} lines not shown; .janus/logs has them)", 0
            self._texts.put_nowait(note)
        try:
            self._texts.put_nowait(text)
        except queue.Full:
            self._dropped += 1

    def close(self) -> None:
        """Prints what is queued, unless that takes too long."""
        try:
            self._texts.put(None, timeout=_FLUSH_SECONDS)
        except queue.Full:
            return
        self._thread.join(_FLUSH_SECONDS)

    def _print(self) -> None:
        try:
            while (text := self._texts.get()) is not None:
                self._stream.write(text + "\n")
                if self._texts.empty():
                    self._stream.flush()
            self._stream.flush()
        except OSError:
            discard(self._stream)
            self._on_closed()


def style_of(descriptor: int, environment: Mapping[str, str]) -> Style:
    """Colours on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise."""
    if environment.get("NO_COLOR"):
        return Style(colour=False)
    return Style(colour=bool(environment.get("FORCE_COLOR")) or os.isatty(descriptor))


def discard(stream: TextIO) -> None:
    """Sends further output nowhere, so that the interpreter's last flush does not fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
