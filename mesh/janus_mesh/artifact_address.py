"""Decides which addresses a competitor may give for an artifact; asked by edge, router and shim.

An artifact's address is a competitor's claim, and Janus fetches it on a client's behalf from inside the
network. Without a bound a competitor could have `/metrics` of the platform services signed as an artifact
of its own. Two forms are allowed:

- a path of the competitor's own container: `/v1/artifacts/ID`, also below a base path;
- an http(s) URL with such a path, `http://HOST:PORT/v1/artifacts/ID` (the platform's artifact store), or
  with one that ends in `/artifacts/NAME` (a sandbox's file server).

Which hosts may be asked is not decided here: only the shim knows the container's own origin and those that
the operator lists. `data:` URLs are never fetched and do not come here.
"""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from .errors import CompetitorFailed

MAX_ADDRESS_CHARS: Final = 2048
_MAX_DECODINGS: Final = 3  # `%252e` is decoded twice by a proxy in front of a server
_RELATIVE: Final = re.compile(r"(?:(?:/[\w.~-]+){0,4}/)?v1/artifacts/[^/].*")
_ABSOLUTE: Final = re.compile(r"(?:/[\w.~-]+){0,4}/artifacts/[^/].*")
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
# Parsers disagree about these: some drop them, some read a backslash as a slash.
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f\\]")


def artifact_address_fault(address: str) -> str:
    """Says why a competitor may not give this address for an artifact; '' if it may."""
    if len(address) > MAX_ADDRESS_CHARS:
        return f"is longer than {MAX_ADDRESS_CHARS} characters"
    if _AMBIGUOUS.search(address):
        return "holds a space, a control character or a backslash"
    try:
        parts = urlsplit(address)
    except ValueError:
        return "is not a URL"
    if parts.scheme and parts.scheme not in ("http", "https"):
        return "is neither an http(s) URL nor a path"
    if parts.scheme and not parts.netloc:
        return "names no host"
    if parts.netloc and not parts.scheme:
        return "names a host without a scheme"
    if parts.netloc and not _HOST.fullmatch(parts.netloc):
        return "holds credentials, or a host that is not plain"
    if not (_ABSOLUTE if parts.scheme else _RELATIVE).fullmatch(parts.path):
        return "is not below `/v1/artifacts/`"
    return _path_fault(parts.path)


def require_artifact_address(address: str) -> None:
    """Raises `CompetitorFailed` for an address that a competitor may not give for an artifact."""
    if fault := artifact_address_fault(address):
        raise CompetitorFailed(f"an artifact's address {fault}")


def _path_fault(path: str) -> str:
    for _ in range(_MAX_DECODINGS):
        if _AMBIGUOUS.search(path.replace(" ", "")):  # a file's name may hold an encoded space
            return "holds an encoded control character or backslash"
        if any(segment.partition(";")[0] in (".", "..") for segment in path.split("/")):
            return "leaves its folder with `.` or `..`"
        decoded = unquote(path)
        if decoded == path:
            return ""
        path = decoded
    return "is encoded more than twice"
