"""The per-request token: what it says, whom it convinces, and how it travels beside a request."""

import jwt
import pytest
from pydantic import SecretStr
from support.answers import ask, say

import janus_mesh as mesh
from janus_mesh.errors import Unauthenticated
from janus_mesh.request_token import RequestToken, checked_key, mint, new_attempt_id, verify

KEY = "k" * 32


def minted(**fields) -> str:
    asked = {"lifetime": 3600.0, "budget_usd": 0.5, "request_id": "req_1", **fields}
    return mint(KEY, "my-agent", "att_1", **asked)


def test_it_says_who_may_spend_how_much_on_what_until_when():
    token = verify(KEY, minted())
    assert token == RequestToken("my-agent", "att_1", "req_1", token.expires_at, 0.5)


def test_any_jwt_library_reads_it():
    claims = jwt.decode(minted(), options={"verify_signature": False})
    assert (claims["sub"], claims["jti"], claims["rid"], claims["iss"]) == (
        "my-agent",
        "att_1",
        "req_1",
        "janus-router",
    )


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
        (forged(budget_usd=True), "invalid_token"),
        (forged(budget_usd=-0.01), "invalid_token"),
        (forged(budget_usd=float("nan")), "invalid_token"),
        (forged(budget_usd=float("inf")), "invalid_token"),
        (forged(budget_usd=10**400), "invalid_token"),
        (forged(exp=float("inf")), "invalid_token"),
        (forged(exp="4102444800"), "invalid_token"),
        (forged(jti=7), "invalid_token"),
        (forged(jti=""), "invalid_token"),
        (forged(jti="a" * 129), "invalid_token"),
        (forged(sub="a\nb"), "invalid_token"),
        (forged(rid=["req_1"]), "invalid_token"),
        (forged(rid="r" * 129), "invalid_token"),
        (forged(padding="x" * 4096), "invalid_token"),
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
        "a budget that is a truth value",
        "a negative budget",
        "a budget that is not a number",
        "an infinite budget",
        "a budget beyond floats",
        "an infinite expiry",
        "an expiry that is text",
        "an id that is a number",
        "an empty id",
        "an id that is too long",
        "a competitor with a line break",
        "a request id that is a list",
        "a request id that is too long",
        "a token that is too long",
        "nothing",
        "rubbish",
        "cut off",
    ],
)
def test_what_was_not_minted_with_the_key_is_refused(text, code):
    with pytest.raises(Unauthenticated) as refused:
        verify(KEY, text)
    assert refused.value.code == code


@pytest.mark.parametrize("request_id", ["", "r" * 129, "a b", "ä"])
def test_a_client_s_id_that_could_not_be_verified_is_left_out(request_id):
    assert verify(KEY, minted(request_id=request_id)).request_id == ""


def test_no_two_attempts_share_an_id():
    ids = {new_attempt_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert verify(KEY, mint(KEY, "a", ids.pop(), lifetime=60, budget_usd=0)).request_id == ""


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
