"""Addresses of announced artifacts inside an answer's text, turned into those that clients can fetch.

A competitor knows an artifact by an address of its own, and its text links to that. Text comes in pieces,
so the end of a piece that may be the beginning of such an address waits for the next one.
"""

import re

# More artifacts than this in one answer are announced as ever; the text is searched for the first ones.
_MOST_LINKS = 64
_IN_LINK = "]("
# What would make it another, longer address.
_GOES_ON = r"(?![\w%/-])"


class ContentLinks:
    """The links of one answer; one is made with the first artifact that has an address."""

    def __init__(self) -> None:
        self._targets: dict[str, str] = {}
        self._held: dict[int, str] = {}
        self._pattern = re.compile("(?!)")
        self._longest = 0

    def announce(self, source: str, target: str) -> None:
        """From now on `source` in the text becomes `target`; a path only as the target of a Markdown link."""
        if len(self._targets) >= _MOST_LINKS:
            return
        mark = "" if "://" in source else _IN_LINK
        self._targets[mark + source] = mark + target
        known = sorted(self._targets, key=len, reverse=True)
        self._pattern = re.compile(f"(?:{'|'.join(map(re.escape, known))}){_GOES_ON}")
        self._longest = len(known[0])

    def whole(self, text: str) -> str:
        """A text that is complete."""
        return self._pattern.sub(lambda found: self._targets[found[0]], text)

    def piece(self, choice: int, text: str) -> str:
        """What can be said of a choice's text now that this much more of it is known."""
        text = self._held.pop(choice, "") + text
        ready = self._certain(text)
        if ready < len(text):
            self._held[choice] = text[ready:]
        return self.whole(text[:ready])

    def rest(self, choice: int) -> str:
        """What still waited, once no more comes."""
        return self.whole(self._held.pop(choice, ""))

    def _certain(self, text: str) -> int:
        """Up to where nothing that follows can change what the text means."""
        for start in range(max(0, len(text) - self._longest), len(text)):
            if any(source.startswith(text[start:]) for source in self._targets):
                return start
        return len(text)
