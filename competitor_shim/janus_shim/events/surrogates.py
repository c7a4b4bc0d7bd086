r"""Texts of a stream whose pieces may cut a surrogate pair in two.

A server that decodes token by token may write an emoji as `"\ud83d"` in one chunk and `"\ude00"` in the
next. Half a pair is not a character and cannot be sent on, so `TextJoiner` holds it back for the next piece
of the same text. A half that finds no partner becomes U+FFFD; nothing else of the text is lost.
"""

from collections.abc import Iterator

_REPLACEMENT = "\ufffd"


def well_formed(text: str) -> str:
    """The text with each surrogate pair joined, and each half without a partner replaced by U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class TextJoiner:
    """The texts of one choice, each known by a key: its content, its reasoning, a call's arguments."""

    __slots__ = ("_halves",)

    def __init__(self) -> None:
        self._halves: dict[str | int, str] = {}

    @property
    def holds(self) -> bool:
        """Whether some text ended in half a pair that waits for the other half."""
        return bool(self._halves)

    def add(self, key: str | int, piece: str) -> str:
        """What can be passed on of the text with this piece."""
        if self._halves:
            piece = self._halves.pop(key, "") + piece
        if piece.isascii():
            return piece
        if "\ud800" <= piece[-1] <= "\udbff":
            self._halves[key] = piece[-1]
            piece = piece[:-1]
        return well_formed(piece)

    def rest(self) -> Iterator[tuple[str | int, str]]:
        """At the end of the answer: the key of each text that still holds a half, and its replacement."""
        for key in self._halves:
            yield key, _REPLACEMENT
        self._halves = {}
