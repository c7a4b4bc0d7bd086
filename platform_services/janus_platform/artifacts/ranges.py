"""One byte range of a GET (RFC 9110, section 14). Several at once are answered with the whole."""

import re
from dataclasses import dataclass

from janus_mesh.errors import InvalidRequest

_SINGLE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeNotSatisfiable(InvalidRequest):
    """416: the range lies outside of the content."""

    @property
    def http_status(self) -> int:
        return 416


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `first` on."""

    first: int
    length: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.first}-{self.first + self.length - 1}/{size}"


def wanted_span(header: str, size: int) -> Span | None:
    """What the `Range` header asks for; None for all of it. Raises `RangeNotSatisfiable`."""
    match = _SINGLE.fullmatch(header.replace(" ", ""))
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size - 1), size - 1)
        if last and int(last) < start:
            return None
    if start > end:
        raise RangeNotSatisfiable(
            f"the range lies outside of {size} bytes", param="range", code="range_not_satisfiable"
        )
    return Span(start, end - start + 1)
