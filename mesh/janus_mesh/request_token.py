"""The per-request token: in whose name a call of the platform services is made, and what it may cost.

The router mints one for each attempt at a competitor and sends it along as `x-janus-token`; the
competitor shows it with each of its calls; the platform services verify it with the same key and charge
what they meter to it. It is a JWT (RFC 7519) signed with HS256, so every language has a reader for it.
"""

import time
from dataclasses import dataclass

import jwt
from pydantic import SecretStr

from .errors import Unauthenticated

_ALGORITHM = "HS256"
_ISSUER = "janus-router"
_AUDIENCE = "janus-platform"
_CLAIMS = ("iss", "aud", "sub", "jti", "exp", "budget_usd")
# RFC 7518: a key for HS256 has at least as many bits as its hash.
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class RequestToken:
    """What a token says. Two attempts at one competitor for one request share an account."""

    competitor: str
    request_id: str
    expires_at: float  # seconds since 1970 (UTC)
    budget_usd: float


def mint(key: str, competitor: str, request_id: str, *, lifetime: float, budget_usd: float) -> str:
    """A token that is good for `lifetime` seconds from now and `budget_usd` US dollars."""
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": competitor,
        "jti": request_id,
        "exp": time.time() + lifetime,
        "budget_usd": budget_usd,
    }
    return jwt.encode(claims, key, _ALGORITHM)


def verify(key: str, text: str) -> RequestToken:
    """What a token says, if its signature holds and its time is not over. Raises `Unauthenticated`."""
    try:
        claims = jwt.decode(
            text,
            key,
            [_ALGORITHM],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            options={"require": list(_CLAIMS)},
        )
        return RequestToken(
            str(claims["sub"]), str(claims["jti"]), float(claims["exp"]), float(claims["budget_usd"])
        )
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("the request token has expired", code="token_expired") from None
    except (jwt.InvalidTokenError, TypeError, ValueError):
        raise Unauthenticated("the request token is not valid", code="invalid_token") from None


def checked_key(value: SecretStr) -> SecretStr:
    """A validator of settings: no key at all, or one that is long enough. Raises `ValueError`."""
    if 0 < len(value.get_secret_value().encode()) < KEY_BYTES:
        raise ValueError(f"must have at least {KEY_BYTES} bytes")
    return value
