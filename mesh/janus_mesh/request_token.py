"""The per-attempt token: in whose name a call of the platform services is made, and what it may cost.

The router mints one for each attempt at a competitor and sends it along as `x-janus-token`. The competitor
shows it with each of its calls, and the platform services verify it with the same key and charge what they
meter to the attempt. It is a JWT (RFC 7519) signed with HS256, so every language can read it.

The account is named by an id that the router draws at random for each attempt (`jti`). The client's request
id is a claim beside it (`rid`), for logs only: a client chooses it, so two clients may choose the same one.
"""

import math
import re
import secrets
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
# A minted token has about 400 characters; longer text is refused before it is decoded.
_MOST_CHARACTERS = 4096
_MOST_BUDGET_USD = 1e9
_NAME = re.compile(r"[\w.:-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RequestToken:
    """The claims of a verified token."""

    competitor: str
    attempt_id: str  # names the account, together with `competitor`
    request_id: str  # the client's, for logs and traces; '' when unknown
    expires_at: float  # seconds since 1970 (UTC)
    budget_usd: float


def new_attempt_id() -> str:
    """An id for one attempt that nobody can guess."""
    return f"att_{secrets.token_hex(16)}"


def mint(
    key: str, competitor: str, attempt_id: str, *, lifetime: float, budget_usd: float, request_id: str = ""
) -> str:
    """Signs a token that is good for `lifetime` seconds from now and `budget_usd` US dollars.

    A `request_id` that `verify` would refuse is left out.
    """
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": competitor,
        "jti": attempt_id,
        "exp": time.time() + lifetime,
        "budget_usd": budget_usd,
    }
    if _NAME.fullmatch(request_id):
        claims["rid"] = request_id
    return jwt.encode(claims, key, _ALGORITHM)


def verify(key: str, text: str) -> RequestToken:
    """Returns what a token says. Raises `Unauthenticated` unless `key` signed it and it is still good."""
    if len(text) > _MOST_CHARACTERS:
        raise _invalid()
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
            competitor=_name(claims["sub"]),
            attempt_id=_name(claims["jti"]),
            request_id=_name(claims["rid"]) if "rid" in claims else "",
            expires_at=_number(claims["exp"]),
            budget_usd=_number(claims["budget_usd"], most=_MOST_BUDGET_USD),
        )
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("the request token has expired", code="token_expired") from None
    except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, RecursionError):
        raise _invalid() from None


def _invalid() -> Unauthenticated:
    return Unauthenticated("the request token is not valid", code="invalid_token")


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError("a name must be 1 to 128 of A-Z a-z 0-9 _ . : -")
    return value


def _number(value: object, *, most: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("must be a number")
    number = float(value)
    if not math.isfinite(number) or not 0 <= number <= most:
        raise ValueError("must be a finite number from 0")
    return number


def checked_key(value: SecretStr) -> SecretStr:
    """Validates a setting: no key at all, or one that is long enough. Raises `ValueError`."""
    if 0 < len(value.get_secret_value().encode()) < KEY_BYTES:
        raise ValueError(f"must have at least {KEY_BYTES} bytes")
    return value
