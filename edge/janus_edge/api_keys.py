"""The optional check of API keys: `Authorization: Bearer KEY`."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from janus_mesh.errors import Unauthenticated

_bearer = HTTPBearer(auto_error=False, description="One of the keys of this gateway.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def require_key(keys: Sequence[str]) -> Callable[[Credentials], Awaitable[None]]:
    """A dependency that raises `Unauthenticated` unless the request carries one of `keys`."""
    known = [key.encode() for key in keys]

    async def check(credentials: Credentials) -> None:
        if credentials is None:
            raise Unauthenticated("an API key is needed: send `Authorization: Bearer KEY`")
        given = credentials.credentials.encode()
        # Every key is compared, so that time tells nothing about which one came close.
        if not sum(hmac.compare_digest(given, key) for key in known):
            raise Unauthenticated("the API key is not known")

    return check
