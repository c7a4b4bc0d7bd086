"""Fetching an artifact through the gateway: whole, in part, not at all, and never wrong."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from support.answers import ChatEvent, finish
from support.edge_stack import SOON, EdgeStack, StoredArtifact, route, running_edge, scripted

from janus_proto._gen.janus.chat.v1 import event_pb2

SOURCE = "http://competitor/v1/artifacts/report"
# Several parts of 64 KiB, so that a body can begin before it proves wrong.
DATA = bytes(range(256)) * 1024


@pytest.fixture
async def edge() -> AsyncIterator[EdgeStack]:
    async with running_edge() as edge:
        yield edge


def descriptor(data: bytes = DATA, **fields: Any) -> event_pb2.Artifact:
    values = {
        "id": "artf_1",
        "type": "file",
        "mime_type": "text/csv",
        "display_name": "report.csv",
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "ttl_seconds": 3600,
        "url": SOURCE,
    }
    return event_pb2.Artifact(**{**values, **fields})


async def link(edge: EdgeStack, artifact: event_pb2.Artifact, stored: StoredArtifact | None = None) -> str:
    """The address that a client is given for an artifact of the competitor `alpha`."""
    if stored is not None:
        edge.router.artifacts["alpha", artifact.url] = stored
    stop = ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop"))
    edge.router.answer = scripted(route("alpha"), ChatEvent(artifact=artifact), stop, finish())
    message = (await edge.chat()).json()["choices"][0]["message"]
    url: str = message["artifacts"][0]["url"]
    return url


async def test_an_artifact_arrives_whole_and_well_described(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA))
    response = await edge.client.get(url)
    assert response.status_code == 200
    assert response.content == DATA
    assert response.headers["content-type"] == "text/csv"
    assert response.headers["content-length"] == str(len(DATA))
    assert response.headers["content-disposition"] == 'attachment; filename="report.csv"'
    assert response.headers["etag"] == f'"{hashlib.sha256(DATA).hexdigest()}"'
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["cache-control"].startswith("private, max-age=3")
    assert response.headers["x-janus-competitor"] == "alpha"


async def test_a_stream_tells_of_the_artifact_with_the_same_kind_of_link(edge: EdgeStack) -> None:
    await link(edge, descriptor(), StoredArtifact(DATA))
    told = [delta["janus"] for delta in (await edge.stream()).deltas if "janus" in delta]
    assert told[1]["event"] == "artifact"
    assert (await edge.client.get(told[1]["payload"]["url"])).content == DATA


async def test_the_competitors_own_address_is_never_shown(edge: EdgeStack) -> None:
    await link(edge, descriptor())
    assert "http://competitor" not in (await edge.stream()).text


async def test_head_tells_the_same_without_the_bytes(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA))
    head, get = await edge.client.head(url), await edge.client.get(url)
    own = ("date", "x-request-id")
    assert head.status_code == 200
    assert head.content == b""
    assert [item for item in head.headers.items() if item[0] not in own] == [
        item for item in get.headers.items() if item[0] not in own
    ]


async def test_a_data_url_is_passed_through(edge: EdgeStack) -> None:
    assert await link(edge, descriptor(url="data:text/plain,hi")) == "data:text/plain,hi"


async def test_an_artifact_of_unknown_size_and_hash_is_streamed(edge: EdgeStack) -> None:
    artifact = descriptor(size_bytes=0, sha256="")
    url = await link(edge, artifact, StoredArtifact(DATA, announces_size=False))
    response = await edge.client.get(url)
    assert response.content == DATA
    assert "content-length" not in response.headers
    assert "etag" not in response.headers


async def test_an_empty_artifact_is_empty(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(b""), StoredArtifact(b""))
    response = await edge.client.get(url)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=100000-200000", 100_000, 200_000),
        ("bytes=262100-", 262_100, 262_143),
        ("bytes=-10", 262_134, 262_143),
        ("bytes=262143-999999", 262_143, 262_143),
        ("bytes=-999999", 0, 262_143),
    ],
)
async def test_one_range_is_206(edge: EdgeStack, asked: str, first: int, last: int) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA))
    response = await edge.client.get(url, headers={"range": asked})
    assert response.status_code == 206
    assert response.content == DATA[first : last + 1]
    assert response.headers["content-range"] == f"bytes {first}-{last}/{len(DATA)}"
    assert response.headers["content-length"] == str(last - first + 1)
    assert edge.router.fetches[-1].offset == first
    assert edge.router.fetches[-1].length == last - first + 1


@pytest.mark.parametrize("asked", ["bytes=262144-", "bytes=999999-1000000", "bytes=-0"])
async def test_a_range_outside_of_the_artifact_is_416(edge: EdgeStack, asked: str) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA))
    response = await edge.client.get(url, headers={"range": asked})
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{len(DATA)}"
    assert response.json()["error"]["code"] == "range_not_satisfiable"
    assert not edge.router.fetches


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=0-1", "bytes=5-2", "bytes=-", "bytes=a-b"])
async def test_other_ranges_are_ignored(edge: EdgeStack, asked: str) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA))
    response = await edge.client.get(url, headers={"range": asked})
    assert (response.status_code, response.content) == (200, DATA)


async def test_a_range_of_something_else_is_ignored(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA))
    etag = (await edge.client.head(url)).headers["etag"]
    other = await edge.client.get(url, headers={"range": "bytes=0-9", "if-range": '"other"'})
    same = await edge.client.get(url, headers={"range": "bytes=0-9", "if-range": etag})
    assert (other.status_code, same.status_code) == (200, 206)


async def test_a_source_without_ranges_gives_the_whole(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA, supports_ranges=False))
    response = await edge.client.get(url, headers={"range": "bytes=10-19"})
    assert (response.status_code, response.content) == (200, DATA)


@pytest.mark.parametrize("form", ["{etag}", "W/{etag}", '"x", {etag}', "*"])
async def test_what_the_client_has_already_is_304(edge: EdgeStack, form: str) -> None:
    url = await link(edge, descriptor())
    etag = f'"{descriptor().sha256}"'
    response = await edge.client.get(url, headers={"if-none-match": form.format(etag=etag)})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == etag
    assert not edge.router.fetches


async def test_an_artifact_that_is_gone_is_404(edge: EdgeStack) -> None:
    url = await link(edge, descriptor())
    for method in ("GET", "HEAD"):
        assert (await edge.client.request(method, url)).status_code == 404


async def test_a_link_that_was_tampered_with_is_404(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA))
    prefix, token = url.rsplit("/", 1)
    for position in range(0, len(token), 7):
        swapped = "A" if token[position] != "A" else "B"
        changed = f"{prefix}/{token[:position]}{swapped}{token[position + 1 :]}"
        response = await edge.client.get(changed)
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"
    assert not edge.router.fetches


@pytest.mark.parametrize("artifact_id", ["x", "AQ", "ä", "artf_1", "A" * 5000])
async def test_what_is_no_link_at_all_is_404(edge: EdgeStack, artifact_id: str) -> None:
    assert (await edge.client.get(f"/v1/artifacts/{artifact_id}")).status_code == 404


async def test_a_link_of_another_key_is_404(edge: EdgeStack) -> None:
    async with running_edge(artifact_key="other" * 10) as other:
        url = await link(other, descriptor())
    assert (await edge.client.get(url)).status_code == 404


async def test_any_replica_with_the_same_key_serves_the_link(edge: EdgeStack) -> None:
    async with running_edge() as other:
        url = await link(other, descriptor())
    edge.router.artifacts["alpha", SOURCE] = StoredArtifact(DATA)
    assert (await edge.client.get(url)).content == DATA


async def test_an_expired_link_is_410(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(created_at="2020-01-01T00:00:00Z"), StoredArtifact(DATA))
    response = await edge.client.get(url)
    assert response.status_code == 410
    assert response.json()["error"]["code"] == "artifact_expired"


async def test_the_gateway_caps_how_long_a_link_lives() -> None:
    async with running_edge(artifact_max_ttl=60) as edge:
        url = await link(edge, descriptor(ttl_seconds=10**9), StoredArtifact(DATA))
        headers = (await edge.client.get(url)).headers
    assert 0 < int(headers["cache-control"].partition("max-age=")[2]) <= 60


async def test_a_wrong_hash_breaks_the_body_off(edge: EdgeStack) -> None:
    artifact = descriptor(sha256=hashlib.sha256(b"other").hexdigest())
    url = await link(edge, artifact, StoredArtifact(DATA))
    with pytest.raises(httpx.RemoteProtocolError):
        await edge.client.get(url)


async def test_a_wrong_hash_of_a_body_of_unknown_length_breaks_it_off_too(edge: EdgeStack) -> None:
    artifact = descriptor(sha256=hashlib.sha256(b"other").hexdigest(), size_bytes=0)
    url = await link(edge, artifact, StoredArtifact(DATA, announces_size=False))
    with pytest.raises(httpx.RemoteProtocolError):
        await edge.client.get(url)


async def test_a_wrong_hash_of_a_small_artifact_is_502(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(b"right"), StoredArtifact(b"wrong"))
    response = await edge.client.get(url)
    assert response.status_code == 502
    assert response.json()["error"]["code"] == "competitor_failed"


async def test_a_size_that_contradicts_the_descriptor_is_502(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA + b"!"))
    assert (await edge.client.get(url)).status_code == 502


@pytest.mark.parametrize("data", [DATA + b"!", DATA[:-1]], ids=["longer", "shorter"])
async def test_a_body_of_another_size_than_promised_breaks_off(edge: EdgeStack, data: bytes) -> None:
    url = await link(edge, descriptor(sha256=""), StoredArtifact(data, announces_size=False))
    with pytest.raises(httpx.RemoteProtocolError):
        await edge.client.get(url)


async def test_a_source_that_goes_away_breaks_the_body_off(edge: EdgeStack) -> None:
    url = await link(edge, descriptor(), StoredArtifact(DATA, fails_after=128 * 1024))
    with pytest.raises(httpx.RemoteProtocolError):
        await edge.client.get(url)


async def test_an_artifact_larger_than_the_gateway_passes_on_is_502() -> None:
    async with running_edge(max_artifact_bytes=len(DATA) - 1) as edge:
        known = await link(edge, descriptor(), StoredArtifact(DATA))
        assert (await edge.client.get(known)).status_code == 502
        unknown = await link(
            edge, descriptor(size_bytes=0, sha256=""), StoredArtifact(DATA, announces_size=False)
        )
        with pytest.raises(httpx.RemoteProtocolError):
            await edge.client.get(unknown)


async def test_the_edge_lives_on_after_a_body_that_broke_off(edge: EdgeStack) -> None:
    bad = await link(edge, descriptor(sha256=hashlib.sha256(b"other").hexdigest()), StoredArtifact(DATA))
    with pytest.raises(httpx.RemoteProtocolError):
        await edge.client.get(bad)
    good = await link(edge, descriptor(), StoredArtifact(DATA))
    assert (await edge.client.get(good)).content == DATA


async def test_a_client_that_leaves_stops_the_fetch(edge: EdgeStack) -> None:
    data = b"x" * 50_000_000
    url = await link(edge, descriptor(data), StoredArtifact(data))
    async with edge.connection() as connection:
        await connection.send(f"GET {url} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        await connection.read_until(b"\r\n\r\n")
        connection.abort()
        async with asyncio.timeout(SOON):
            await edge.router.fetch_cancelled.wait()


async def test_links_are_absolute_where_the_public_address_is_known() -> None:
    async with running_edge(public_url="https://janus.example/") as edge:
        url = await link(edge, descriptor())
    assert url.startswith("https://janus.example/v1/artifacts/")


async def test_an_artifact_that_no_one_can_fetch_is_the_competitors_fault(edge: EdgeStack) -> None:
    stop = ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop"))
    artifact = descriptor(url="file:///etc/passwd")
    edge.router.answer = scripted(route(), ChatEvent(artifact=artifact), stop, finish())
    assert (await edge.chat()).status_code == 502


async def test_the_expiry_is_counted_from_when_the_artifact_was_made(edge: EdgeStack) -> None:
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3000))
    url = await link(edge, descriptor(created_at=made), StoredArtifact(DATA))
    remaining = (await edge.client.get(url)).headers["cache-control"].partition("max-age=")[2]
    assert 500 < int(remaining) <= 600
