"""The id by which a request is known in all logs."""

import re
from collections.abc import Mapping

from janus_mesh.headers import REQUEST_ID, new_request_id

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")


def request_id(headers: Mapping[str, str]) -> str:
    """The client's own when it is well-formed, else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _WELL_FORMED.fullmatch(given) else new_request_id()
