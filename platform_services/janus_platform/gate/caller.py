"""Who calls: the competitor that a request token names, or nobody in particular."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from janus_mesh import request_token
from janus_mesh.errors import Unauthenticated
from janus_mesh.headers import REQUEST_ID, TOKEN
from janus_mesh.request_token import RequestToken

ANONYMOUS = "anonymous"
_REQUEST_ID = re.compile(r"[\w.:-]{1,128}")
# Header, payload and signature of a JWT; keys of model providers look otherwise.
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


@dataclass(frozen=True, slots=True)
class Caller:
    """In whose name a call is made. Without a token there is no account to charge."""

    identity: str
    request_id: str
    token: RequestToken | None = None


class Doorkeeper:
    """Recognises callers. Without a key every caller is anonymous."""

    def __init__(self, key: str, *, require_token: bool) -> None:
        self._key = key
        self._require_token = require_token

    def stranger(self, headers: Mapping[str, str]) -> Caller:
        """The caller before its token was looked at."""
        asked = headers.get(REQUEST_ID, "")
        return Caller(ANONYMOUS, asked if _REQUEST_ID.fullmatch(asked) else f"req_{uuid.uuid4().hex}")

    def recognise(self, headers: Mapping[str, str], *, needed: bool = True) -> Caller:
        """Raises `Unauthenticated` for a token that is not valid, or that is missing where it is needed."""
        shown = shown_token(headers)
        if shown and self._key:
            token = request_token.verify(self._key, shown)
            return Caller(token.competitor, token.request_id or token.attempt_id, token)
        if self._require_token and needed:
            raise Unauthenticated(
                f"a request token is needed, in {TOKEN} or as the key", code="token_missing"
            )
        return self.stranger(headers)


def shown_token(headers: Mapping[str, str]) -> str:
    """The token of `x-janus-token`, or what looks like one where clients of models put their key."""
    keys = (headers.get("authorization", "").removeprefix("Bearer ").strip(), headers.get("x-api-key", ""))
    return headers.get(TOKEN, "") or next((key for key in keys if _JWT.fullmatch(key)), "")
