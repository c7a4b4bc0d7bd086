"""The artifact store: what is put in comes out, whole or in ranges, until its time is over."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs
from support.platform_gate import guarded, shown
from support.platform_services import platform_with

from janus_platform.artifacts.descriptor import expiry, kind_of, new_id
from janus_platform.artifacts.routes import artifact_routes
from janus_platform.artifacts.store import ArtifactStore, open_store
from janus_platform.artifacts.sweeping import keep_swept
from janus_platform.artifacts.upload import Uploads
from janus_platform.gate.gate import Gate

DATA = bytes(range(256)) * 4000  # about 1 MB
SHA = hashlib.sha256(DATA).hexdigest()
BASE = "http://platform.test:8010"


@dataclass
class Shelf:
    client: httpx.AsyncClient
    store: ArtifactStore
    folder: Path

    async def put(self, data: bytes = DATA, kind: str = "text/csv", **query: object) -> httpx.Response:
        headers = {"content-type": kind, **shown()}
        return await self.client.post("/v1/artifacts", content=data, headers=headers, params=query)

    async def kept(self, **query: object) -> str:
        """The path of an artifact that was just put in."""
        made = await self.put(**query)
        assert made.status_code == 201, made.text
        return f"/v1/artifacts/{made.json()['id']}"

    def files(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir() if file.is_file())


@asynccontextmanager
async def shelf(
    folder: Path, *, gate: Gate | None = None, most: int = 2_000_000, total: int = 10_000_000
) -> AsyncIterator[Shelf]:
    gate = gate or guarded()
    store = ArtifactStore(open_store(folder.as_uri()), most_bytes=total)
    uploads = Uploads(store, base_url=BASE, most_bytes=most)
    async with platform_with([artifact_routes(store, uploads, gate)], gate) as client:
        yield Shelf(client, store, folder)


async def test_the_descriptor_says_what_was_kept(tmp_path):
    async with shelf(tmp_path) as it:
        made = await it.put(name="sales.csv", ttl_seconds=60)
    said = made.json()
    assert re.fullmatch(r"artf_[0-9a-f]{40}", said["id"])
    assert said["url"] == made.headers["location"] == f"{BASE}/v1/artifacts/{said['id']}"
    assert (said["type"], said["mime_type"], said["display_name"]) == ("dataset", "text/csv", "sales.csv")
    assert (said["size_bytes"], said["sha256"], said["ttl_seconds"]) == (len(DATA), SHA, 60)
    assert said["created_at"].endswith("+00:00")


async def test_what_was_put_in_comes_out(tmp_path):
    async with shelf(tmp_path) as it:
        path = await it.kept(name="räport.csv")
        got = await it.client.get(path)
    assert got.content == DATA
    assert got.headers["content-type"] == "text/csv"
    assert got.headers["content-length"] == str(len(DATA))
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''r%C3%A4port.csv"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["etag"] == f'"{SHA}"'


async def test_head_tells_all_but_the_content(tmp_path):
    async with shelf(tmp_path) as it:
        got = await it.client.head(await it.kept())
    assert (got.status_code, got.content, got.headers["content-length"]) == (200, b"", str(len(DATA)))


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=1000-", slice(1000, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=5-99999999", slice(5, None)),
        ("bytes=-99999999", slice(0, None)),
    ],
)
async def test_a_range_comes_alone(tmp_path, header, part):
    async with shelf(tmp_path) as it:
        got = await it.client.get(await it.kept(), headers={"range": header})
    assert (got.status_code, got.content) == (206, DATA[part])
    first = range(len(DATA))[part][0]
    assert got.headers["content-range"] == f"bytes {first}-{first + len(got.content) - 1}/{len(DATA)}"


@pytest.mark.parametrize("header", ["bytes=5-1", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=x-y"])
async def test_a_range_that_is_none_gives_the_whole(tmp_path, header):
    async with shelf(tmp_path) as it:
        got = await it.client.get(await it.kept(), headers={"range": header})
    assert (got.status_code, len(got.content)) == (200, len(DATA))


@pytest.mark.parametrize("header", ["bytes=99999999-", "bytes=-0"])
async def test_a_range_outside_is_refused_with_the_size(tmp_path, header):
    async with shelf(tmp_path) as it:
        got = await it.client.get(await it.kept(), headers={"range": header})
    assert (got.status_code, got.headers["content-range"]) == (416, f"bytes */{len(DATA)}")


async def test_who_has_it_already_is_told_so(tmp_path):
    async with shelf(tmp_path) as it:
        path = await it.kept()
        same = await it.client.get(path, headers={"if-none-match": f'"{SHA}"'})
        other = await it.client.get(path, headers={"range": "bytes=0-1", "if-range": '"another"'})
    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


async def test_nothing_at_all_is_an_artifact_too(tmp_path):
    async with shelf(tmp_path) as it:
        made = await it.put(b"")
        got = await it.client.get(f"/v1/artifacts/{made.json()['id']}")
    assert (got.status_code, got.content) == (200, b"")
    assert made.json()["sha256"] == hashlib.sha256(b"").hexdigest()


async def test_a_body_without_a_length_is_taken_as_it_comes(tmp_path):
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield DATA[:1000]

    async with shelf(tmp_path) as it:
        made = await it.client.post("/v1/artifacts", content=parts())
    assert (made.json()["size_bytes"], made.json()["mime_type"]) == (10_000, "application/octet-stream")


# What is refused, and leaves nothing behind.


async def test_a_body_over_the_bound_is_refused(tmp_path):
    async with shelf(tmp_path, most=1000) as it:
        assert (await it.put(b"x" * 1001)).status_code == 413
        assert it.files() == []


async def test_a_full_store_takes_no_more(tmp_path):
    async with shelf(tmp_path, total=1_500_000) as it:
        assert (await it.put()).status_code == 201
        full = await it.put()
        assert (full.status_code, full.json()["error"]["code"]) == (413, "artifact_store_full")
        assert len(it.files()) == 2


async def test_a_body_that_is_not_what_was_promised_is_refused(tmp_path):
    async with shelf(tmp_path) as it:
        refused = await it.put(sha256="0" * 64)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "sha256")
        assert it.files() == []
        assert (await it.put(sha256=SHA)).status_code == 201


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"name": ""}, "name"),
        ({"type": "film"}, "type"),
        ({"ttl_seconds": 0}, "ttl_seconds"),
        ({"ttl_seconds": 99999999}, "ttl_seconds"),
        ({"sha256": "xyz"}, "sha256"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_field_is_named(tmp_path, query, param):
    async with shelf(tmp_path) as it:
        refused = await it.put(**query)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


async def test_an_upload_whose_sender_leaves_leaves_nothing(tmp_path):
    begun = asyncio.Event()

    async def parts() -> AsyncIterator[bytes]:
        yield DATA
        begun.set()
        await asyncio.Event().wait()

    async with shelf(tmp_path) as it:
        with capture_logs() as lines:
            sending = asyncio.create_task(it.client.post("/v1/artifacts", content=parts()))
            await begun.wait()
            sending.cancel()
            await asyncio.wait([sending])
            while not (egress := [line for line in lines if line["event"] == "egress"]):
                await it.client.get("/metrics")
        assert [line["verdict"] for line in egress] == ["aborted"]
        assert it.files() == []


async def test_writing_needs_a_token_where_tokens_are_needed_but_reading_needs_the_id_alone(tmp_path):
    async with shelf(tmp_path, gate=guarded(require_token=True)) as it:
        path = await it.kept()
        assert (await it.client.post("/v1/artifacts", content=b"x")).status_code == 401
        assert (await it.client.get(path)).status_code == 200


@pytest.mark.parametrize("id_", ["artf_1", "x", "..%2f..%2fetc%2fpasswd", "artf_" + "f" * 40])
async def test_what_is_not_there_is_not_found(tmp_path, id_):
    async with shelf(tmp_path) as it:
        assert (await it.client.get(f"/v1/artifacts/{id_}")).status_code == 404


# When its time is over.


async def test_what_has_expired_is_gone_and_the_sweep_removes_it(tmp_path, monkeypatch):
    async with shelf(tmp_path) as it:
        path, other = await it.kept(ttl_seconds=100), await it.kept(ttl_seconds=1000)
        later = expiry(path.rpartition("/")[2]) + 1
        monkeypatch.setattr("janus_platform.artifacts.store.time.time", lambda: later)
        got = await it.client.get(path)
        assert (got.status_code, got.json()["error"]["code"]) == (410, "artifact_expired")
        assert len(it.files()) == 4
        assert await it.store.sweep() == 1
        assert len(it.files()) == 2
        assert (await it.client.get(other)).status_code == 200


async def test_sweeping_goes_on_by_itself(tmp_path):
    async with shelf(tmp_path) as it:
        await it.kept()
        for file in tmp_path.iterdir():  # as if it had been made long ago
            file.rename(tmp_path / re.sub("artf_.{8}", "artf_00000001", file.name))
        sweeping = asyncio.create_task(keep_swept(it.store, seconds=60))
        while it.files():
            await asyncio.sleep(0)
        sweeping.cancel()


async def test_space_that_was_swept_is_free_again(tmp_path, monkeypatch):
    async with shelf(tmp_path, total=1_500_000) as it:
        path = await it.kept(ttl_seconds=1)
        await it.store.discard(path.rpartition("/")[2])
        await it.store.sweep()
        assert (await it.put()).status_code == 201


def test_ids_cannot_be_guessed():
    assert len({new_id(1) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("mime_type", "kind"),
    [
        ("image/svg+xml", "image"),
        ("application/vnd.apache.parquet", "dataset"),
        ("application/zip", "binary"),
        ("text/plain", "file"),
        ("application/pdf", "file"),
    ],
)
def test_the_kind_follows_from_the_media_type(mime_type, kind):
    assert kind_of(mime_type) == kind


@pytest.mark.parametrize("url", ["nowhere", "ftp://x/y", "s3://"])
def test_a_place_that_cannot_be_a_store_is_said_to_be_none(url):
    with pytest.raises(OSError, match="cannot keep artifacts"):
        open_store(url)
