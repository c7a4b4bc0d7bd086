"""Which addresses a competitor may give for an artifact."""

import pytest

from janus_mesh.artifact_address import artifact_address_fault, require_artifact_address
from janus_mesh.errors import CompetitorFailed


@pytest.mark.parametrize(
    "address",
    [
        "/v1/artifacts/artf_1",
        "/v1/artifacts/artf_1?download=1",
        "/v1/artifacts/folder/a%20b.csv",
        "/v1/artifacts/100%25.csv",
        "/v1/artifacts/é.csv",
        "/v1/artifacts/a..b",
        "v1/artifacts/a",
        "/base/v1/artifacts/a",
        "http://127.0.0.1:8787/v1/artifacts/artf_1",
        "https://store.example/v1/artifacts/artf_1",
        "http://[::1]:8787/v1/artifacts/artf_1",
        "http://127.0.0.1:5173/sb_0123/artifacts/deep/plot.png",
        "https://host/base/v1/artifacts/a",
    ],
)
def test_an_artifact_of_a_container_the_store_or_a_sandbox_is_allowed(address: str) -> None:
    assert artifact_address_fault(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        "/metrics",
        "metrics",
        "/v1/artifacts",
        "/v1/artifacts/",
        "/v1/artifacts//a",
        "/v1/chat/completions",
        "http://127.0.0.1:8787/metrics",
        "http://127.0.0.1:8787/metrics?/v1/artifacts/a",
        "http://127.0.0.1:8787/metrics#/v1/artifacts/a",
        "http://127.0.0.1:8787/v1/fetch",
        "http://127.0.0.1:8787",
    ],
)
def test_any_other_path_is_refused(address: str) -> None:
    assert artifact_address_fault(address)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/artifacts/../../metrics",
        "/v1/artifacts/./a",
        "/v1/artifacts/..",
        "/v1/artifacts/a/..",
        "/v1/artifacts/..;a/metrics",
        "/v1/artifacts/%2e%2e/%2E%2E/metrics",
        "/v1/artifacts/.%2e/metrics",
        "/v1/artifacts/..%2fmetrics",
        "/v1/artifacts/%252e%252e/metrics",
        "/v1/artifacts/%25252e%25252e/metrics",
        "/v1/artifacts/..\\..\\metrics",
        "/v1/artifacts/..%5c..%5cmetrics",
        "/../artifacts/metrics",
        "/v1/artifacts/a\r\nhost: x",
        "/v1/artifacts/a%0d%0ahost:x",
        "/v1/artifacts/a\tb",
        "/v1/art\nifacts/a",
        "/v1/artifacts/a b",
        "/v1/artifacts/a%00",
    ],
)
@pytest.mark.parametrize("origin", ["", "http://127.0.0.1:8787"])
def test_a_path_that_a_parser_may_read_as_another_is_refused(origin: str, path: str) -> None:
    assert artifact_address_fault(origin + path)


@pytest.mark.parametrize(
    "origin",
    [
        "//127.0.0.1:8787",
        "///127.0.0.1:8787",
        "/\\127.0.0.1:8787",
        "http://",
        "http:",
        "http://user@127.0.0.1",
        "http://user:secret@127.0.0.1",
        "http://127.0.0.1\\@elsewhere",
        "http://127.0.0.1:x",
        "http://[::1",
        "http://ⓔxample",
        "file:///etc",
        "ftp://host",
        "javascript:",
        "gopher://host",
    ],
)
def test_an_origin_that_is_not_a_plain_http_host_is_refused(origin: str) -> None:
    assert artifact_address_fault(f"{origin}/v1/artifacts/a")


def test_a_very_long_address_is_refused() -> None:
    assert not artifact_address_fault("/v1/artifacts/".ljust(2048, "a"))
    assert "2048" in artifact_address_fault("/v1/artifacts/".ljust(2049, "a"))


def test_a_refused_address_is_the_competitors_failure() -> None:
    require_artifact_address("/v1/artifacts/a")
    with pytest.raises(CompetitorFailed, match="not below"):
        require_artifact_address("/metrics")
