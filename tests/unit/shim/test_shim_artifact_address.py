"""Which addresses of artifacts may be fetched: those below a prefix, in whatever way they are written."""

import pytest
from yarl import URL

from janus_mesh.errors import InvalidRequest, PermissionDenied
from janus_shim.artifact_address import allowed_address

STORE = URL("http://store:8787/v1/artifacts/")


def fetched(address: str, base: str = "http://box:8080/") -> str:
    return str(allowed_address(URL(base), [STORE], address))


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("/v1/artifacts/artf_1", "http://box:8080/v1/artifacts/artf_1"),
        ("v1/artifacts/artf_1", "http://box:8080/v1/artifacts/artf_1"),
        ("/v1/artifacts/a/b.csv?token=x/../y", "http://box:8080/v1/artifacts/a/b.csv?token=x/../y"),
        ("http://box:8080/v1/artifacts/artf_1", "http://box:8080/v1/artifacts/artf_1"),
        ("HTTP://BOX:8080/v1/artifacts/artf_1", "http://box:8080/v1/artifacts/artf_1"),
        ("//box:8080/v1/artifacts/artf_1", "http://box:8080/v1/artifacts/artf_1"),
        ("http://store:8787/v1/artifacts/artf_1", "http://store:8787/v1/artifacts/artf_1"),
        ("/v1/artifacts/caf%C3%A9%20100%25.txt", "http://box:8080/v1/artifacts/caf%C3%A9%20100%25.txt"),
        ("/v1/artifacts/..a..b", "http://box:8080/v1/artifacts/..a..b"),
    ],
)
def test_an_address_below_a_prefix_is_fetched(address: str, url: str) -> None:
    assert fetched(address) == url


@pytest.mark.parametrize(
    "address",
    [
        "/v1/artifacts/1",
        "v1/artifacts/1",
        "/box/v1/artifacts/1",
        "http://host/box/v1/artifacts/1",
    ],
)
def test_a_container_below_a_path_may_leave_the_path_out(address: str) -> None:
    assert fetched(address, "http://host/box/") == "http://host/box/v1/artifacts/1"


@pytest.mark.parametrize(
    "address",
    [
        "/metrics",
        "/debug/admin",
        "/v1/artifacts",
        "/v1/artifacts/",
        "/v1/artifactsX/1",
        "/V1/artifacts/1",
        "http://store:8787/metrics",
        "http://store:8787/v1/usage",
        "http://store:8787/v1/artifacts/../usage",
        "http://store:8787/v1/artifacts/%2e%2e/usage",
        "http://store:8787/v1/artifacts/.%2E/usage",
        "http://store:8787/v1/artifacts/%252e%252e/usage",
        "http://store:8787/v1/artifacts/a%2f..%2f..%2fusage",
        "http://store:8787/v1/artifacts/a%252f..%252f..%252fusage",
        "http://store:8787/v1/artifacts/%5c..%5cusage",
        "http://store:8787/v1/artifacts/..;/usage",
        "http://store:8787/v1/artifacts/./1",
        "http://store:8787/v1/artifacts/a%00.csv",
        "http://store:8787/v1/artifacts/%25252525252e%25252525252e/usage",
        "http://box:8080/v1/artifacts/../../metrics",
        "http://store:8788/v1/artifacts/1",
        "https://store:8787/v1/artifacts/1",
        "http://store/v1/artifacts/1",
        "http://store.evil:8787/v1/artifacts/1",
        "http://store:8787@evil/v1/artifacts/1",
        "http://user@store:8787/v1/artifacts/1",
        "http://:secret@store:8787/v1/artifacts/1",
        "http://evil/v1/artifacts/1",
        "//evil/v1/artifacts/1",
        "//evil/http://store:8787/v1/artifacts/1",
        "http://169.254.169.254/v1/artifacts/1",
    ],
)
def test_an_address_outside_of_all_prefixes_is_refused(address: str) -> None:
    with pytest.raises((PermissionDenied, InvalidRequest)):
        fetched(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://",
        "http://store:99999/v1/artifacts/1",
        "http://store:8787\\@evil/v1/artifacts/1",
        "/v1/artifacts\\..\\metrics",
        "/v1/artifacts/a b",
        "/v1/artifacts/a\r\nx: y",
        "/v1/artifacts/\t1",
        " http://box:8080/v1/artifacts/1",
        "/v1/artifacts/" + "a" * 9000,
    ],
)
def test_what_parsers_read_in_different_ways_is_not_an_address(address: str) -> None:
    with pytest.raises((InvalidRequest, PermissionDenied)):
        fetched(address)


@pytest.mark.parametrize(
    "address", ["/metrics", "/box/metrics", "/other/v1/artifacts/1", "../other/v1/artifacts/1"]
)
def test_a_container_below_a_path_cannot_reach_its_neighbours(address: str) -> None:
    with pytest.raises(PermissionDenied):
        fetched(address, "http://host/box/")
