"""Judging the head of a request: pure functions over its bytes and over its parsed fields.

llhttp reads the head too and refuses what is not HTTP. These checks come first where its answer would be
vague or late, and after it where HTTP leaves the decision to the server. Whatever two readers of the same
bytes may understand differently is refused: that is how requests are smuggled.
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from .limits import HttpLimits
from .refusals import HttpRefused

END = b"\r\n\r\n"
# An `Upgrade` field is renamed to this before llhttp sees it, and then dropped: an upgrade that is not
# wanted is ignored (RFC 9110, section 7.8), but llhttp would take the body for another protocol.
IGNORED_UPGRADE = b"x-janus-ignored-upgrade"

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/(\d)\.(\d)\r\n")
_HTTP_0_9 = re.compile(rb"[A-Z]+ [!-~]+\r\n")
_METHOD_BEGINS = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: |\Z)")
_UPGRADE = re.compile(rb"\r\nupgrade(?=[ \t]*:)", re.IGNORECASE)
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+;=-]*)(?::\d{0,5})?")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)", re.IGNORECASE)
_TLS_HANDSHAKE = b"\x16\x03"

Fields = Sequence[tuple[bytes, bytes]]


def check_partial(head: bytes, limits: HttpLimits) -> None:
    """Raises `HttpRefused` for the beginning of a head that can no longer become a good one."""
    line, ended, _ = head.partition(b"\r\n")
    if ended:
        _check_line(line + ended, limits)
    elif head.startswith(_TLS_HANDSHAKE):
        raise HttpRefused("this port speaks plain HTTP, not TLS")
    elif not _METHOD_BEGINS.match(head):
        raise HttpRefused("the request line must be: METHOD TARGET HTTP/1.1")
    elif len(line) > limits.target_bytes + 64:
        raise _target_too_long(limits)
    if len(head) > limits.head_bytes:
        raise _head_too_large(limits)
    _check_characters(head.removesuffix(b"\r"))


def check_whole(head: bytes, limits: HttpLimits) -> None:
    """Raises `HttpRefused` for a complete head that is too large or ambiguous."""
    if len(head) > limits.head_bytes:
        raise _head_too_large(limits)
    _check_line(head[: head.index(b"\r\n") + 2], limits)
    if head.count(b"\r\n") - 2 > limits.fields:
        raise HttpRefused(f"the request has more than {limits.fields} header fields", status=431)
    _check_characters(head)


def without_upgrade(head: bytes) -> bytes:
    """The head as llhttp is to see it: a request for another protocol is not recognised as one."""
    return _UPGRADE.sub(b"\r\n" + IGNORED_UPGRADE, head)


def check_fields(version: str, fields: Fields) -> None:
    """Raises `HttpRefused` for parsed fields whose combination is missing something, or ambiguous."""
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise HttpRefused(f"a request needs one Host header; this one has {len(hosts)}", param="host")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise HttpRefused("the Host header must be a host and an optional port", param="host")
    for name, value in fields:
        if name == b"transfer-encoding":
            _check_transfer_encoding(version, value)
        elif name == b"expect" and value.lower() != b"100-continue":
            raise HttpRefused("the only expectation that is met is 100-continue", status=417, param="expect")


def path_and_query(target: bytes, method: str, fields: Fields) -> tuple[str, bytes, bytes]:
    """The path decoded, the path as it came, and the query.

    Takes the origin form (`/path?query`), `*` for OPTIONS, and the absolute form (`http://host/path`), whose
    host must be that of the Host header. Raises `HttpRefused` for any other target.
    """
    if target == b"*" and method == "OPTIONS":
        return "*", b"*", b""
    if not target.startswith(b"/"):
        target = _origin_form(target, fields)
    raw_path, _, query = target.partition(b"#")[0].partition(b"?")
    path = raw_path.decode("ascii")
    if "%" in path:
        path = unquote(path)
        if "\x00" in path:
            raise HttpRefused("the path must not hold a NUL character", param="path")
    return path, raw_path, query


def content_length(fields: Fields) -> int:
    """The announced length; 0 when there is none. llhttp has made sure that it is one number."""
    return next((int(value) for name, value in fields if name == b"content-length"), 0)


def _check_line(line: bytes, limits: HttpLimits) -> None:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        if _HTTP_0_9.fullmatch(line):
            raise HttpRefused("HTTP/0.9 is not spoken here", status=505)
        raise HttpRefused("the request line must be: METHOD TARGET HTTP/1.1")
    method, target, major, minor = match.groups()
    if method in (b"CONNECT", b"TRACE"):
        raise HttpRefused(f"{method.decode()} is not supported", status=405)
    if (major, minor) not in ((b"1", b"1"), (b"1", b"0")):
        spoken = f"HTTP/{major.decode()}.{minor.decode()}"
        raise HttpRefused(f"{spoken} is not spoken here; use HTTP/1.1", status=505)
    if len(target) > limits.target_bytes:
        raise _target_too_long(limits)


def _check_characters(head: bytes) -> None:
    """Line ends are CR LF and nothing else, no line continues another, and there is no NUL."""
    ends = head.count(b"\r\n")
    if head.count(b"\n") != ends or head.count(b"\r") != ends:
        raise HttpRefused("lines of the head must end with CR LF")
    if b"\x00" in head:
        raise HttpRefused("the head must not hold a NUL character")
    if b"\r\n " in head or b"\r\n\t" in head:
        raise HttpRefused("a header field must not continue on a second line")


def _check_transfer_encoding(version: str, value: bytes) -> None:
    if version == "1.0":
        raise HttpRefused("HTTP/1.0 has no Transfer-Encoding", param="transfer-encoding")
    if value.strip().lower() != b"chunked":
        raise HttpRefused(
            "the only transfer coding that is understood is chunked", status=501, param="transfer-encoding"
        )


def _origin_form(target: bytes, fields: Fields) -> bytes:
    match = _ABSOLUTE.fullmatch(target.partition(b"#")[0])
    if match is None:
        raise HttpRefused("the request target must be a path", param="path")
    authority, rest = match.groups()
    host = next((value for name, value in fields if name == b"host"), authority)
    if authority.lower() != host.lower():
        raise HttpRefused("the host of the request target is not that of the Host header", param="host")
    return rest if rest.startswith(b"/") else b"/" + rest


def _head_too_large(limits: HttpLimits) -> HttpRefused:
    return HttpRefused(f"the head of the request is larger than {limits.head_bytes} bytes", status=431)


def _target_too_long(limits: HttpLimits) -> HttpRefused:
    return HttpRefused(f"the URL is longer than {limits.target_bytes} bytes", status=414)
