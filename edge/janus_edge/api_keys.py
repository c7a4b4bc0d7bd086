"""The optional check of API keys: `Authorization: Bearer KEY`."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from janus_mesh.errors import Unauthenticated

_bearer = HTTPBearer(auto_error=False, description="One of the keys of this gateway.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class ApiKeys:
    """The keys that entitle to ask; without any, everybody may."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._known = [key.encode() for key in keys]

    def __bool__(self) -> bool:
        return bool(self._known)

    def check(self, authorization: str) -> None:
        """Raises `Unauthenticated` unless the header's value carries one of the keys."""
        if not self._known:
            return
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            raise Unauthenticated("an API key is needed: send `Authorization: Bearer KEY`")
        # Every key is compared, so that time tells nothing about which one came close.
        if not sum(hmac.compare_digest(given.strip().encode(), key) for key in self._known):
            raise Unauthenticated("the API key is not known")


def require_key(keys: ApiKeys) -> Callable[[Credentials], Awaitable[None]]:
    """A dependency that checks, and that tells the OpenAPI document so."""

    async def check(credentials: Credentials) -> None:
        keys.check(f"{credentials.scheme} {credentials.credentials}" if credentials else "")

    return check
