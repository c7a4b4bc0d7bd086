"""Replaces the addresses of announced artifacts inside an answer's text by those that clients can fetch.

A competitor knows an artifact by an address of its own, and its text links to that. Text arrives in pieces,
so the end of a piece that may begin such an address is held back until the next piece arrives.

Text and addresses are a competitor's, so the cost is bounded: an address can only begin at an anchor, which
one constant regular expression finds; a binary search finds the address that begins there; and a piece with
very many anchors is searched only up to a limit.
"""

import re
from bisect import bisect_left, bisect_right, insort
from itertools import islice
from typing import Final

from janus_mesh.artifact_address import MAX_ADDRESS_CHARS

# Artifacts beyond this many are announced as usual; the text is searched for the first ones only.
_MAX_LINKS: Final = 64
# Anchors examined in one piece of text, about 1 us each; links after them stay as they are.
_MAX_ANCHORS: Final = 4096
_IN_LINK: Final = "]("
_ANCHOR: Final = re.compile(r"https?://|\]\(")
_ANCHORS: Final = ("http://", "https://", _IN_LINK)
_MAX_ANCHOR_CHARS: Final = max(map(len, _ANCHORS))
# A character that would continue the address, so that it is another, longer one.
_GOES_ON: Final = re.compile(r"[\w%/-]")


class ContentLinks:
    """The links of one answer."""

    def __init__(self) -> None:
        self._targets: dict[str, str] = {}
        self._sorted: list[str] = []
        self._shorter: dict[
            str, str
        ] = {}  # the longest other address that an address begins with; '' if none
        self._longest = 0
        self._held: dict[int, str] = {}

    def announce(self, source: str, target: str) -> None:
        """From now on `source` in the text becomes `target`; a path only as the target of a Markdown link."""
        if len(self._targets) >= _MAX_LINKS or len(source) > MAX_ADDRESS_CHARS:
            return
        mark = "" if "://" in source else _IN_LINK
        if mark + source not in self._targets:
            self._insert(mark + source)
        self._targets[mark + source] = mark + target

    def whole(self, text: str) -> str:
        """Returns a complete text with its links replaced."""
        return self._replaced(text, final=True)[0]

    def piece(self, choice: int, text: str) -> str:
        """Takes the next piece of a choice's text; returns what can be sent now, which may be nothing."""
        text = self._held.pop(choice, "") + text
        ready, held = self._replaced(text, final=False)
        if held:
            self._held[choice] = held
        return ready

    def rest(self, choice: int) -> str:
        """Returns what was held back, once the choice says no more."""
        return self.whole(self._held.pop(choice, ""))

    def _insert(self, source: str) -> None:
        insort(self._sorted, source)
        self._longest = max(self._longest, len(source))
        for longer in self._sorted:
            begins = (other for other in self._sorted if other != longer and longer.startswith(other))
            self._shorter[longer] = max(begins, key=len, default="")

    def _replaced(self, text: str, *, final: bool) -> tuple[str, str]:
        """The text with its links replaced, and the end of it that may turn out to be a link."""
        if not self._targets:
            return text, ""
        parts: list[str] = []
        done = 0
        for anchor in islice(_ANCHOR.finditer(text), _MAX_ANCHORS):
            start = anchor.start()
            if start < done:
                continue  # inside an address that was just replaced
            if not final and self._may_grow(text, start):
                parts.append(text[done:start])
                return "".join(parts), text[start:]
            source = self._source_at(text, start)
            if source:
                parts += (text[done:start], self._targets[source])
                done = start + len(source)
        end = len(text) if final else self._anchor_begins(text, done)
        parts.append(text[done:end])
        return "".join(parts), text[end:]

    def _source_at(self, text: str, start: int) -> str:
        """The longest address that begins at `start` and is not the beginning of a longer word; else ''."""
        window = text[start : start + self._longest]
        position = bisect_right(self._sorted, window)
        # Every address that the window begins with is the one sorted before it, or begins that one.
        source = self._sorted[position - 1] if position else ""
        while source and (not window.startswith(source) or _GOES_ON.match(text, start + len(source))):
            source = self._shorter[source]
        return source

    def _may_grow(self, text: str, start: int) -> bool:
        """Whether more text could make what stands at `start`, up to the end, an address."""
        return len(text) - start <= self._longest and self._begins_address(text[start:])

    def _anchor_begins(self, text: str, done: int) -> int:
        """Where an anchor begins that the end of the text cuts off; else the text's length."""
        tail = max(done, len(text) - _MAX_ANCHOR_CHARS)
        # An anchor's first character occurs only once in it, so the last occurrence decides.
        start = max(text.rfind("h", tail), text.rfind("]", tail))
        if start < 0 or not any(anchor.startswith(text[start:]) for anchor in _ANCHORS):
            return len(text)
        return start if self._begins_address(text[start:]) else len(text)

    def _begins_address(self, text: str) -> bool:
        position = bisect_left(self._sorted, text)
        return position < len(self._sorted) and self._sorted[position].startswith(text)
