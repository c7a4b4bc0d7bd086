"""Validators of single fields of a competitor's entry. Each returns the value or raises a pydantic error."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from pydantic_core import PydanticCustomError

from janus_mesh.plain_text import is_control

_SCHEMES = ("http", "https", "grpc", "grpcs")
# A DNS name of labels of at most 63 characters, or an IPv4 address.
_HOST = re.compile(r"(?!.{254})[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
_LONGEST_URL = 2_048
_LONGEST_PATH = 1_024
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)+")


def refusal(reason: str) -> PydanticCustomError:
    """The error that a validator raises; `reason` follows the field's name."""
    return PydanticCustomError("refused", "{reason}", {"reason": reason})


def check_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise refusal("must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit")
    return value


def check_model(value: str) -> str:
    if not re.fullmatch(r"[!-~]{1,256}", value):
        raise refusal("must be 1 to 256 visible ASCII characters")
    return value


def check_url(value: str) -> str:
    """An http(s) address with an optional path, or `grpc(s)://host:port`."""
    if len(value) > _LONGEST_URL:
        raise refusal(f"must have at most {_LONGEST_URL} characters")
    if not re.fullmatch(r"[!-~]*", value):  # checked first: `urlsplit` drops line breaks and spaces
        raise refusal("must hold visible ASCII characters only")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise refusal(f"is not a valid address: {error}") from None
    if value.partition("://")[0] not in _SCHEMES:
        raise refusal("must begin with http://, https://, grpc:// or grpcs://")
    _check_authority(parts)
    if "?" in value or "#" in value:
        raise refusal("must have neither query nor fragment")
    if parts.scheme in ("grpc", "grpcs"):
        if port is None or parts.path not in ("", "/"):
            raise refusal(f"must have the form {parts.scheme}://host:port")
    elif parts.path and not _is_path(parts.path):
        raise refusal("has a path with characters that a URL may not hold, or with `.` or `..` in it")
    return value


def _check_authority(parts: SplitResult) -> None:
    if not parts.hostname or not _is_host(parts.hostname):
        raise refusal("has no valid host")
    if parts.username is not None or parts.password is not None:
        raise refusal("must not carry credentials")
    if parts.port == 0:
        raise refusal("has port 0")


def check_address(value: str) -> str:
    match = _ADDRESS.fullmatch(value)
    if match is None or not 1 <= int(match[2]) <= 65_535:
        raise refusal("must have the form host:port")
    return value


def check_path(value: str) -> str:
    """A URL path such as `/openai/v1`, without query."""
    if not _is_path(value):
        raise refusal("must be a URL path that begins with `/`, without query and without `.` or `..`")
    return value


def check_description(value: str) -> str:
    """Free text; line breaks and tabs become spaces."""
    line = " ".join(value.split())
    if len(line) > 1_000:
        raise refusal("must have at most 1000 characters")
    if any(is_control(one) for one in line):
        raise refusal("must not hold control characters")
    return line


def check_file(value: str) -> str:
    if not value or len(value) > _LONGEST_PATH or any(is_control(one) for one in value):
        raise refusal(f"must be a file's path of at most {_LONGEST_PATH} printable characters")
    return value


def _is_host(value: str) -> bool:
    if ":" not in value:
        return bool(_HOST.fullmatch(value))
    try:
        return ipaddress.ip_address(value).version == 6 and "%" not in value
    except ValueError:
        return False


def _is_path(value: str) -> bool:
    if len(value) > _LONGEST_PATH or not _PATH.fullmatch(value):
        return False
    return not any(segment in (".", "..") for segment in value.split("/"))
