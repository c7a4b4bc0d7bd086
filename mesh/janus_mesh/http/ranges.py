"""Single byte ranges and validators of a GET (RFC 9110 sections 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from janus_mesh.errors import InvalidRequest

# Anything else, several ranges included, is ignored, which the RFC permits.
_SINGLE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeNotSatisfiable(InvalidRequest):
    """The range lies outside of the content, whose length is `size`."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the range lies outside of {size} bytes", param="range", code="range_not_satisfiable"
        )
        self.size = size

    @property
    def http_status(self) -> int:
        return 416


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included, of `size`."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.size}"


def requested_range(headers: Mapping[str, str], size: int, etag: str) -> ByteRange | None:
    """The range that a request asks for, or None for all of the content. Raises `RangeNotSatisfiable`."""
    match = _SINGLE_RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if match is None or not size or not any(match.groups()):
        return None
    if headers.get("if-range", etag) != etag:
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size - 1), size - 1)
        if last and int(last) < start:
            return None
    if start > end:
        raise RangeNotSatisfiable(size)
    return ByteRange(start, end, size)


def not_modified(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the client already has what `etag` stands for."""
    given = headers.get("if-none-match")
    if not given or not etag:
        return False
    candidates = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return etag in candidates or "*" in candidates
