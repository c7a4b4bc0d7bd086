"""Who asks, as far as quotas need to know: an address, and the random name that the arena gives a browser."""

import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from janus_edge.intake.client_address import ClientAddresses
from janus_proto._gen.janus.competition.v1 import client_pb2

_COOKIE = "janus_visitor"
_NAME = re.compile(r"[0-9a-f]{32}")
_YEAR = 365 * 24 * 3600
_PATH = "/api/competition/arena"


class Visitors:
    """Reads clients, and gives browsers their names.

    Args:
        addresses: reads clients' addresses.
        public_url: where clients reach the edge; when it is https, cookies are always `Secure`.
    """

    def __init__(self, addresses: ClientAddresses, *, public_url: str) -> None:
        self._addresses = addresses
        self._https = public_url.startswith("https://")

    def client(self, request: Request) -> client_pb2.Client:
        return client_pb2.Client(
            address=self._addresses.network_of(request.scope), browser=browser_of(request)
        )

    def name_browser(self, request: Request, response: Response) -> str:
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
            secure=self._https or self._addresses.is_https(request.scope),
        )
        return name


def browser_of(request: Request) -> str:
    """The browser's name; empty when it has none, or one that we did not give."""
    name = request.cookies.get(_COOKIE, "")
    return name if _NAME.fullmatch(name) else ""
