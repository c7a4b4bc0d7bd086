"""Counts the values of a JSON text before anything is built from it.

A parser turns each value into an object of 50 to 500 bytes while it holds the interpreter's lock, so a body
of a few megabytes can stop every stream of a process. Counting separators costs about 1 ms per megabyte
and works in pieces, so that it stops as soon as the limit is passed.
"""

from typing import Final

from .errors import InvalidRequest

# Values of one request body: four times what a full conversation of 4,096 messages with tool calls has.
MAX_VALUES: Final = 100_000

CODE: Final = "too_many_values"

# Each piece is worked on by single calls that hold the interpreter's lock: about 1 ms at the worst.
_PIECE_BYTES: Final = 64 * 1024


def require_few_values(body: bytes, *, limit: int = MAX_VALUES) -> None:
    """Raises `InvalidRequest` when the JSON text holds more than `limit` values.

    A value is an object, an array, a string, a number, `true`, `false` or `null`; keys are not counted.
    For text that is not valid JSON the count is of no meaning, and its parser refuses it anyway.
    """
    if most_values(body, stop=limit) > limit and count_values(body, stop=limit) > limit:
        raise InvalidRequest(f"the body holds more than {limit} JSON values", code=CODE)


def most_values(body: bytes, *, stop: int) -> int:
    """An upper bound of the number of values: separators are counted wherever they stand, also in strings.

    Stops counting soon after `stop`.
    """
    separators = 0
    for start in range(0, len(body), _PIECE_BYTES):
        separators += _separators(body[start : start + _PIECE_BYTES])
        if separators >= stop:
            break
    return separators + 1


def _separators(text: bytes) -> int:
    """How many values begin here: each opens a container as its first member, or follows a comma."""
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def count_values(body: bytes, *, stop: int) -> int:
    """As `most_values`, without what stands in strings: the exact number, but for empty arrays and objects.

    An empty array or object counts as two values. This takes about three times as long.
    """
    counter = ValueCounter()
    for start in range(0, len(body), _PIECE_BYTES):
        counter.feed(body[start : start + _PIECE_BYTES])
        if counter.values > stop:
            break
    return counter.values


class ValueCounter:
    """Counts the values of a JSON text that comes in pieces.

    Attributes:
        values: the number so far, as `count_values` counts.
    """

    def __init__(self) -> None:
        self.values = 1
        self._in_string = False
        self._escaped = False

    def feed(self, piece: bytes) -> None:
        """Takes in the next piece."""
        if not piece:
            return
        # An escaped quote does not end a string. Pairs of backslashes go first, so that what is left of
        # an odd run of them is the one that escapes.
        piece = piece[self._escaped :].replace(b"\\\\", b"").replace(b'\\"', b"")
        self._escaped = piece.endswith(b"\\")
        stretches = piece.split(b'"')
        self.values += _separators(b"".join(stretches[self._in_string :: 2]))
        self._in_string ^= not len(stretches) % 2
