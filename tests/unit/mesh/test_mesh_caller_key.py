"""The opaque key of who asks, which travels beside a request for one hop."""

import pytest
from support.answers import ask, say

import janus_mesh as mesh


@pytest.mark.parametrize("transport", ["link", "rpc"])
@pytest.mark.parametrize(
    ("sent", "seen"),
    [("key_of-1", "key_of-1"), ("", ""), ("x" * 64, "x" * 64), ("x" * 65, ""), ("10.0.0.1", ""), ("a b", "")],
    ids=["a key", "none", "the longest", "too long", "an address", "a space"],
)
async def test_a_well_formed_caller_key_reaches_the_peer(monkeypatch, transport, sent, seen):
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", transport)
    callers = []

    async def answer(exchange: mesh.Exchange) -> None:
        callers.append(exchange.caller)
        await say(exchange, "hi")

    server = mesh.Server(drain_seconds=0.01)
    server.serve_chat(answer)
    async with server, mesh.dial(server.address) as peer, peer.chat(ask(), caller=sent) as exchange:
        [event async for event in exchange]

    assert callers == [seen]
