"""A battle's token: entitles its holder to the answers and to one vote, until it expires."""

import time

import jwt

from janus_mesh.errors import InvalidRequest

_ALGORITHM = "HS256"
_ISSUER = "janus-arena"


class Tickets:
    """Signs battles, so that nobody votes on one that was not opened for them."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, battle_id: str, expires_at: float) -> str:
        claims = {"iss": _ISSUER, "sub": battle_id, "exp": expires_at, "iat": time.time()}
        return jwt.encode(claims, self._key, _ALGORITHM)

    def battle_of(self, token: str) -> str:
        """The battle's id. Raises `InvalidRequest` for a token that is not ours or is too old."""
        try:
            claims = jwt.decode(
                token, self._key, [_ALGORITHM], issuer=_ISSUER, options={"require": ["exp", "sub"]}
            )
        except jwt.ExpiredSignatureError:
            raise InvalidRequest("token: the battle is over", param="token", code="battle_expired") from None
        except jwt.InvalidTokenError:
            raise InvalidRequest(
                "token: is not one of this arena", param="token", code="invalid_token"
            ) from None
        return str(claims["sub"])
