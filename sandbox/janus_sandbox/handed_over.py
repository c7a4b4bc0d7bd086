"""What a supervisor answers, judged before use: descriptors of the right kind, failures in our words."""

import os
import socket
import stat
from typing import Any

from janus_mesh.errors import InvalidRequest, JanusError, NotFound, PayloadTooLarge, Unavailable

# A message of the supervisor's, and the descriptors that came with it.
Answer = tuple[dict[str, Any], list[int]]


def refused(code: str, message: str) -> JanusError:
    """A failed file operation or connection, by the name of its errno."""
    if code == "ENOENT":
        return NotFound("no such file or folder", param="path", code="file_not_found")
    if code in ("ENOSPC", "EDQUOT", "EFBIG", "ENOMEM"):
        return PayloadTooLarge("the sandbox's disk is full", param="path", code="disk_full")
    if code in ("ECONNREFUSED", "ETIMEDOUT"):
        return Unavailable("nobody listens on that port of the sandbox", code="port_closed")
    if code == "E2BIG":
        return PayloadTooLarge("command and environment are larger than the kernel takes")
    if code == "EAGAIN":
        return Unavailable("the sandbox has no room for another process", code="process_limit")
    return InvalidRequest(f"path: {message.lower()}", param="path")


def as_file(descriptors: list[int]) -> int:
    """The one descriptor, if it is a regular file: reading from anything else might never end."""
    return _only(descriptors, stat.S_ISREG)


def as_socket(descriptors: list[int]) -> socket.socket:
    received = socket.socket(fileno=_only(descriptors, stat.S_ISSOCK))
    if received.family is not socket.AF_INET or received.type != socket.SOCK_STREAM:
        received.close()
        raise Unavailable("the sandbox answered with another socket than asked for")
    received.setblocking(False)
    return received


def _only(descriptors: list[int], kind: Any) -> int:
    if len(descriptors) == 1 and kind(os.fstat(descriptors[0]).st_mode):
        return descriptors[0]
    for descriptor in descriptors:
        os.close(descriptor)
    raise Unavailable("the sandbox answered with something else than asked for")
