"""Decides which addresses of artifacts may be fetched.

A descriptor's address is the competitor's word, and the edge signs it for anybody to follow. So it must lie
below a prefix: `v1/artifacts/` of the competitor itself, or one that the operator lists. Otherwise a
competitor could have its own admin paths, or `/metrics` of the platform, fetched through Janus.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from yarl import URL

from janus_mesh.errors import InvalidRequest, PermissionDenied

ARTIFACTS = "v1/artifacts/"

_MAX_CHARACTERS = 8_192
# Spaces, control characters and backslashes are read differently by different parsers of URLs.
_FORBIDDEN = re.compile(r"[\s\\\x00-\x1f\x7f]")
# How often a path may be encoded on top of itself; a server may decode more than once.
_MAX_ENCODINGS = 4


def allowed_address(base: URL, prefixes: Iterable[URL], address: str) -> URL:
    """The absolute address to fetch.

    Args:
        base: the address of the container whose descriptor it is, with a trailing slash.
        prefixes: further allowed prefixes, each with a path that ends in a slash.
        address: as the descriptor says it.

    Raises `InvalidRequest` for what is not an address, `PermissionDenied` for one outside of all prefixes.
    """
    if len(address) > _MAX_CHARACTERS or _FORBIDDEN.search(address):
        raise InvalidRequest("not an address", param="url")
    try:
        url = _absolute(base, address)
        origin = url.origin()
    except ValueError:
        raise InvalidRequest("not an address", param="url") from None
    inside = any(_is_below(url, prefix) for prefix in (base / ARTIFACTS, *prefixes))
    if url.user is None and url.password is None and inside and not _climbs(address):
        return url
    raise PermissionDenied(f"artifacts are not fetched from this address of {origin}", param="url")


def _absolute(base: URL, address: str) -> URL:
    """The address in full. A container below a path may not know that path, so `/` is its own root."""
    if address.startswith("/") and not address.startswith("//") and not address.startswith(base.raw_path):
        address = address.removeprefix("/")
    return base.join(URL(address))


def _is_below(url: URL, prefix: URL) -> bool:
    return (
        url.origin() == prefix.origin()
        and url.raw_path.startswith(prefix.raw_path)
        and len(url.raw_path) > len(prefix.raw_path)
    )


def _climbs(address: str) -> bool:
    """Whether a server may find a `..`, or another separator, in the path, however often it decodes it."""
    path = re.split("[?#]", address, maxsplit=1)[0]
    for _ in range(_MAX_ENCODINGS):
        if "\\" in path or any(segment.partition(";")[0] in (".", "..") for segment in path.split("/")):
            return True
        decoded = unquote(path)
        if decoded == path:
            return False
        if decoded.count("/") != path.count("/") or "\0" in decoded:
            return True
        path = decoded
    return True
