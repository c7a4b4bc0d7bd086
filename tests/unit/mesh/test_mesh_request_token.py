"""The per-request token: what it says, whom it convinces, and how it travels beside a request."""

import jwt
import pytest
from pydantic import SecretStr
from support.answers import ask, say

import janus_mesh as mesh
from janus_mesh.errors import Unauthenticated
from janus_mesh.request_token import RequestToken, checked_key, mint, verify

KEY = "k" * 32


def minted(**fields) -> str:
    asked = {"lifetime": 3600.0, "budget_usd": 0.5, **fields}
    return mint(KEY, "my-agent", "req_1", **asked)


def test_it_says_who_may_spend_how_much_on_what_until_when():
    token = verify(KEY, minted())
    assert token == RequestToken("my-agent", "req_1", token.expires_at, 0.5)


def test_any_jwt_library_reads_it():
    claims = jwt.decode(minted(), options={"verify_signature": False})
    assert (claims["sub"], claims["jti"], claims["iss"]) == ("my-agent", "req_1", "janus-router")


def forged(key: str = KEY, algorithm: str = "HS256", **changes: object) -> str:
    claims = jwt.decode(minted(), options={"verify_signature": False})
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(claims, key, algorithm)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (minted(lifetime=-1), "token_expired"),
        (forged("x" * 32), "invalid_token"),
        (forged(None, "none"), "invalid_token"),
        (forged("k" * 64, "HS512"), "invalid_token"),
        (forged(aud="somebody-else"), "invalid_token"),
        (forged(iss="a-competitor"), "invalid_token"),
        (forged(exp=None), "invalid_token"),
        (forged(budget_usd=None), "invalid_token"),
        (forged(budget_usd="much"), "invalid_token"),
        ("", "invalid_token"),
        ("a.b.c", "invalid_token"),
        (minted()[:-2], "invalid_token"),
    ],
    ids=[
        "expired",
        "another key",
        "no signature",
        "another algorithm",
        "for somebody else",
        "from somebody else",
        "no expiry",
        "no budget",
        "a budget that is no number",
        "nothing",
        "rubbish",
        "cut off",
    ],
)
def test_what_was_not_minted_with_the_key_is_refused(text, code):
    with pytest.raises(Unauthenticated) as refused:
        verify(KEY, text)
    assert refused.value.code == code


def test_a_key_is_long_enough_or_not_there():
    assert checked_key(SecretStr("")).get_secret_value() == ""
    with pytest.raises(ValueError, match="at least 32 bytes"):
        checked_key(SecretStr("k" * 31))


@pytest.mark.parametrize("transport", ["link", "rpc"])
async def test_it_travels_beside_a_request_and_no_further_than_one_hop(monkeypatch, transport):
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", transport)
    seen = []

    async def answer(exchange: mesh.Exchange) -> None:
        seen.append(exchange.token)
        await say(exchange, "hi")

    server = mesh.Server(drain_seconds=0.01)
    server.serve_chat(answer)
    async with server, mesh.dial(server.address) as peer:
        for token in ("the-token", ""):
            async with peer.chat(ask(), token=token) as exchange:
                [event async for event in exchange]
    assert seen == ["the-token", ""]
