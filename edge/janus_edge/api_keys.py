"""The optional check of API keys: `Authorization: Bearer KEY`, `x-api-key: KEY` or `api-key: KEY`."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers

from janus_mesh.errors import Unauthenticated

_bearer = HTTPBearer(auto_error=False, description="One of the keys of this gateway.")
# Where clients of Anthropic's and of Azure's API put it.
_KEY_HEADERS = ("x-api-key", "api-key")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class ApiKeys:
    """The keys that clients need; without any, all may ask."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._known = [key.encode() for key in keys]

    def __bool__(self) -> bool:
        return bool(self._known)

    def check(self, headers: Headers) -> bytes:
        """The key that the headers carry, empty when none is needed. Raises `Unauthenticated`."""
        if not self._known:
            return b""
        given = _given(headers)
        if not given:
            raise Unauthenticated("an API key is needed: send `Authorization: Bearer KEY`")
        # Every key is compared, so that time tells nothing about which one came close.
        if not sum(hmac.compare_digest(given, key) for key in self._known):
            raise Unauthenticated("the API key is not known")
        return given


def _given(headers: Headers) -> bytes:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip().encode()
    for name in _KEY_HEADERS:
        if key := headers.get(name, "").strip():
            return key.encode()
    return b""


def require_key(keys: ApiKeys) -> Callable[[Request, Credentials], Awaitable[None]]:
    """A dependency that checks. Its security scheme is what the OpenAPI document shows."""

    async def check(request: Request, credentials: Credentials) -> None:  # noqa: ARG001
        keys.check(request.headers)

    return check
