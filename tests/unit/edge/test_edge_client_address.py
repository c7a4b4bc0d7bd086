"""Whose request it is: addresses behind proxies, cookies behind TLS, metrics for insiders only."""

from ipaddress import ip_network
from typing import Any

import pytest
from support.edge_stack import running_edge

from janus_edge.intake.client_address import ClientAddresses, is_local, parse_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")]


def scope(peer: str | None, *forwarded: str, **headers: str) -> dict[str, Any]:
    pairs = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    pairs += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "scheme": "http", "headers": pairs, "client": (peer, 1) if peer else None}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, garbage, 10.0.0.2"], "10.0.0.2"),
        ("198.51.100.9", ["1.2.3.4"], "198.51.100.9"),  # an untrusted peer's header is its invention
        ("10.0.0.1", ["[2001:db8::5]:443"], "2001:db8::/64"),
        ("2001:db8:ffff::1", ["198.51.100.1:9000"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        (None, ["198.51.100.1"], "198.51.100.1"),  # a proxy over a Unix socket
    ],
)
def test_the_last_hop_that_is_not_trusted_is_the_client(
    peer: str | None, forwarded: list[str], client: str
) -> None:
    assert ClientAddresses(PROXIES).network_of(scope(peer, *forwarded)) == client


def test_without_trusted_proxies_the_header_counts_for_nothing() -> None:
    assert ClientAddresses().network_of(scope("198.51.100.9", "1.2.3.4")) == "198.51.100.9"


def test_a_header_that_is_named_alone_is_believed_from_any_peer_for_one_hop() -> None:
    addresses = ClientAddresses(header="x-real-ip")
    assert addresses.network_of(scope("198.51.100.9", x_real_ip="1.2.3.4")) == "1.2.3.4"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        (" 198.51.100.1:80 ", "198.51.100.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
    ],
)
def test_addresses_are_read_as_proxies_write_them(text: str, address: str) -> None:
    assert str(parse_address(text)) == address


@pytest.mark.parametrize(
    "text", ["", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "[::1", "a" * 10_000, "::1:::"]
)
def test_what_is_not_an_address_is_none(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("peer", "headers", "local"),
    [
        ("127.0.0.1", {}, True),
        ("10.1.2.3", {}, True),
        ("::1", {}, True),
        (None, {}, True),
        ("8.8.8.8", {}, False),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, False),
        ("127.0.0.1", {"forwarded": "for=1.2.3.4"}, False),
        ("127.0.0.1", {"via": "1.1 proxy"}, False),
    ],
)
def test_only_a_direct_peer_on_a_private_network_is_local(
    peer: str | None, headers: dict[str, str], local: bool
) -> None:
    assert is_local(scope(peer, **headers)) is local


async def test_metrics_are_not_on_the_public_route() -> None:
    async with running_edge() as edge:
        inside = await edge.client.get("/metrics")
        outside = await edge.client.get("/metrics", headers={"x-forwarded-for": "198.51.100.1"})
    assert inside.status_code == 200
    assert (outside.status_code, outside.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("trusted", "peer", "proto", "https"),
    [
        (True, "10.0.0.1", "https", True),
        (True, "10.0.0.1", "http, https", True),
        (True, "10.0.0.1", "https, http", False),
        (True, "198.51.100.9", "https", False),
        (False, "10.0.0.1", "https", False),
    ],
)
def test_https_is_believed_of_trusted_proxies_alone(
    trusted: bool, peer: str, proto: str, https: bool
) -> None:
    addresses = ClientAddresses(PROXIES if trusted else ())
    assert addresses.is_https(scope(peer, x_forwarded_proto=proto)) is https
