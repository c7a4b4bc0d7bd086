"""Who asks, as far as quotas need to know: an address, and the random name that the arena gives a browser."""

import ipaddress
import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from janus_proto._gen.janus.competition.v1 import client_pb2

_COOKIE = "janus_visitor"
_NAME = re.compile(r"[0-9a-f]{32}")
_YEAR = 365 * 24 * 3600
_PATH = "/api/competition/arena"


class Visitors:
    """Reads clients. `address_header` names the header in which a trusted proxy writes the address."""

    def __init__(self, address_header: str) -> None:
        self._address_header = address_header

    def client(self, request: Request) -> client_pb2.Client:
        return client_pb2.Client(address=self._address(request), browser=browser_of(request))

    def _address(self, request: Request) -> str:
        told = request.headers.get(self._address_header, "") if self._address_header else ""
        # The nearest proxy writes last; what stands before it may be the client's own invention.
        given = told.rpartition(",")[2].strip() or (request.client.host if request.client else "")
        return network_of(given)


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 that one IPv6 customer has; empty for what is neither."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


def browser_of(request: Request) -> str:
    """The browser's name; empty when it has none, or one that we did not give."""
    name = request.cookies.get(_COOKIE, "")
    return name if _NAME.fullmatch(name) else ""


def name_browser(request: Request, response: Response) -> str:
    """Gives the browser a name for next time, unless it has one. Returns the name."""
    if known := browser_of(request):
        return known
    name = secrets.token_hex(16)
    response.set_cookie(
        _COOKIE,
        name,
        max_age=_YEAR,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return name
