"""The parts of artifact links: which addresses are taken, and which names and types are safe."""

import pytest

from janus_edge.artifact_links import MAX_DATA_BYTES, ArtifactLinks
from janus_edge.disposition import content_disposition, media_type
from janus_edge.signing import ArtifactSigner, ArtifactTicket
from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import event_pb2

SIGNER = ArtifactSigner(b"k" * 32)
LINKS = ArtifactLinks(SIGNER, public_url="", max_ttl=60.0)


def url_of(url: str, **fields: str) -> str:
    return LINKS.url(event_pb2.Artifact(url=url, **fields), "alpha")  # type: ignore[arg-type]


def test_a_ticket_survives_its_signing() -> None:
    ticket = ArtifactTicket("alpha", "http://x/é", "ab" * 32, 2**40, "text/plain", 'n"ame', 1_700_000_000)
    assert SIGNER.open(SIGNER.sign(ticket)) == ticket


def test_an_id_is_one_path_segment() -> None:
    ticket = ArtifactTicket("alpha", "http://x/" + "?" * 100, "", 0, "", "ÿ" * 50, 1)
    assert set(SIGNER.sign(ticket)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "url", ["http://c/v1/artifacts/a", "https://c/v1/artifacts/a?b=c", "/v1/artifacts/a"]
)
def test_addresses_that_a_peer_can_fetch_are_taken_as_they_are(url: str) -> None:
    assert SIGNER.open(url_of(url).rpartition("/")[2]).url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "ftp://x/y",
        "http:///nohost",
        "//elsewhere/a",
        "http://[bad/",
        "http://c/v1/artifacts/" + "x" * 3000,
        "/metrics",
        "http://127.0.0.1:8787/metrics",
        "http://127.0.0.1:8787/v1/artifacts/../../metrics",
        "/v1/artifacts/%2e%2e/metrics",
        "http://user:secret@c/v1/artifacts/a",
    ],
)
def test_other_addresses_are_the_competitors_fault(url: str) -> None:
    with pytest.raises(errors.CompetitorFailed):
        url_of(url)


@pytest.mark.parametrize("url", ["data:", "data:text/plain", "data:" + "x" * 300 + ",a"])
def test_a_data_url_without_data_or_with_a_long_head_is_the_competitors_fault(url: str) -> None:
    with pytest.raises(errors.CompetitorFailed, match="malformed"):
        url_of(url)


@pytest.mark.parametrize("prefix", ["data:text/plain,", "data:image/png;base64,", "DATA:,"])
def test_a_data_url_may_hold_a_mebibyte(prefix: str) -> None:
    characters = MAX_DATA_BYTES * 4 // 3 if "base64" in prefix else MAX_DATA_BYTES
    fits = prefix + "A" * characters
    assert url_of(fits) == fits
    with pytest.raises(errors.CompetitorFailed, match="data: URL"):
        url_of(fits + "AAAA")


def test_a_hash_that_is_none_is_the_competitors_fault() -> None:
    with pytest.raises(errors.CompetitorFailed, match="sha256"):
        url_of("http://c/v1/artifacts/a", sha256="abc")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.csv", 'attachment; filename="report.csv"'),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("C:\\temp\\x.exe", 'attachment; filename="x.exe"'),
        ('a";evil="b.txt', 'attachment; filename="a__evil=_b.txt"'),
        ("a\r\nset-cookie: x", 'attachment; filename="aset-cookie_ x"'),
        ("", 'attachment; filename="artifact"'),
        ("...", 'attachment; filename="artifact"'),
        ("\u202egnp.exe", 'attachment; filename="gnp.exe"'),
        ("Übersicht.csv", "attachment; filename=\"Ubersicht.csv\"; filename*=UTF-8''%C3%9Cbersicht.csv"),
        ("図.png", "attachment; filename=\"artifact.png\"; filename*=UTF-8''%E5%9B%B3.png"),
    ],
)
def test_a_strangers_file_name_is_made_safe(name: str, expected: str) -> None:
    assert content_disposition(name, "text/csv") == expected


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("image/png", "inline"),
        ("image/webp", "inline"),
        ("image/svg+xml", "attachment"),
        ("text/html", "attachment"),
    ],
)
def test_only_images_that_cannot_carry_script_are_shown(given: str, kind: str) -> None:
    assert content_disposition("a", given).startswith(kind)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("text/csv", "text/csv"),
        ("Image/PNG; q=1", "image/png"),
        ("", "application/octet-stream"),
        ("text", "application/octet-stream"),
        ("text/html\r\nx: y", "application/octet-stream"),
    ],
)
def test_what_is_no_media_type_is_plain_bytes(given: str, expected: str) -> None:
    assert media_type(given) == expected
