"""The artifact store: what is put in comes out, whole or in ranges, until its time is over.

All of it holds for a folder and for a real S3 server alike.
"""

import asyncio
import hashlib
import re
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import obstore
import pytest
from structlog.testing import capture_logs
from support.artifact_shelf import BASE, DATA, SHA, Shelf, shelf
from support.platform_gate import guarded
from support.s3_server import BUCKET, S3Server, s3_server

from janus_mesh.errors import PayloadTooLarge, Unavailable
from janus_platform.artifacts.descriptor import expiry, kind_of, new_id
from janus_platform.artifacts.room import Room
from janus_platform.artifacts.store import ArtifactStore, open_store
from janus_platform.artifacts.sweeping import keep_swept
from janus_platform.private_folder import private_folder

MEGABYTE = bytes(1024 * 1024)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place of the test's own on the S3 server."""
    for name, value in s3.variables.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return tmp_path.as_uri()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


async def test_the_descriptor_says_what_was_kept(place):
    async with shelf(place) as it:
        made = await it.put(name="sales.csv", ttl_seconds=60)
    said = made.json()
    assert re.fullmatch(r"artf_[0-9a-f]{40}", said["id"])
    assert said["url"] == made.headers["location"] == f"{BASE}/v1/artifacts/{said['id']}"
    assert (said["type"], said["mime_type"], said["display_name"]) == ("dataset", "text/csv", "sales.csv")
    assert (said["size_bytes"], said["sha256"], said["ttl_seconds"]) == (len(DATA), SHA, 60)
    assert said["created_at"].endswith("+00:00")


async def test_what_was_put_in_comes_out(place):
    async with shelf(place) as it:
        path = await it.kept(name="räport.csv")
        got = await it.client.get(path)
    assert got.content == DATA
    assert got.headers["content-type"] == "text/csv"
    assert got.headers["content-length"] == str(len(DATA))
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''r%C3%A4port.csv"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["etag"] == f'"{SHA}"'


async def test_head_tells_all_but_the_content(place):
    async with shelf(place) as it:
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
async def test_a_range_comes_alone(place, header, part):
    async with shelf(place) as it:
        got = await it.client.get(await it.kept(), headers={"range": header})
    assert (got.status_code, got.content) == (206, DATA[part])
    first = range(len(DATA))[part][0]
    assert got.headers["content-range"] == f"bytes {first}-{first + len(got.content) - 1}/{len(DATA)}"


@pytest.mark.parametrize("header", ["bytes=5-1", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=x-y"])
async def test_a_range_that_is_none_gives_the_whole(place, header):
    async with shelf(place) as it:
        got = await it.client.get(await it.kept(), headers={"range": header})
    assert (got.status_code, len(got.content)) == (200, len(DATA))


@pytest.mark.parametrize("header", ["bytes=99999999-", "bytes=-0"])
async def test_a_range_outside_is_refused_with_the_size(place, header):
    async with shelf(place) as it:
        got = await it.client.get(await it.kept(), headers={"range": header})
    assert (got.status_code, got.headers["content-range"]) == (416, f"bytes */{len(DATA)}")


async def test_who_has_it_already_is_told_so(place):
    async with shelf(place) as it:
        path = await it.kept()
        same = await it.client.get(path, headers={"if-none-match": f'"{SHA}"'})
        other = await it.client.get(path, headers={"range": "bytes=0-1", "if-range": '"another"'})
    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


async def test_nothing_at_all_is_an_artifact_too(place):
    async with shelf(place) as it:
        made = await it.put(b"")
        got = await it.client.get(f"/v1/artifacts/{made.json()['id']}")
    assert (got.status_code, got.content) == (200, b"")
    assert made.json()["sha256"] == hashlib.sha256(b"").hexdigest()


async def test_a_body_without_a_length_is_taken_as_it_comes(place):
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield DATA[:1000]

    async with shelf(place) as it:
        made = await it.client.post("/v1/artifacts", content=parts())
    assert (made.json()["size_bytes"], made.json()["mime_type"]) == (10_000, "application/octet-stream")


# What is refused, and leaves nothing behind.


async def test_a_body_over_the_bound_is_refused(place):
    async with shelf(place, most=1000) as it:
        assert (await it.put(b"x" * 1001)).status_code == 413
        assert it.files() == []


async def test_a_full_store_takes_no_more(place):
    async with shelf(place, total=1_500_000) as it:
        assert (await it.put()).status_code == 201
        full = await it.put()
        assert (full.status_code, full.json()["error"]["code"]) == (413, "artifact_store_full")
        assert len(it.files()) == 2


async def test_a_body_that_is_not_what_was_promised_is_refused(place):
    async with shelf(place) as it:
        refused = await it.put(sha256="0" * 64)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "sha256")
        assert it.files() == []
        assert (await it.put(sha256=SHA)).status_code == 201


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "gpj.\u202eexe"}, "name"),
        ({"type": "film"}, "type"),
        ({"ttl_seconds": 0}, "ttl_seconds"),
        ({"ttl_seconds": 99999999}, "ttl_seconds"),
        ({"sha256": "xyz"}, "sha256"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_field_is_named(place, query, param):
    async with shelf(place) as it:
        refused = await it.put(**query)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


async def test_an_upload_whose_sender_leaves_leaves_nothing(place):
    begun = asyncio.Event()

    async def parts() -> AsyncIterator[bytes]:
        yield DATA
        begun.set()
        await asyncio.Event().wait()

    async with shelf(place) as it:
        with capture_logs() as lines:
            sending = asyncio.create_task(it.client.post("/v1/artifacts", content=parts()))
            await begun.wait()
            sending.cancel()
            await asyncio.wait([sending])
            while not (egress := [line for line in lines if line["event"] == "egress"]):
                await it.client.get("/metrics")
        assert [line["verdict"] for line in egress] == ["aborted"]
        assert it.files() == []


async def test_writing_needs_a_token_where_tokens_are_needed_but_reading_needs_the_id_alone(place):
    async with shelf(place, gate=guarded(require_token=True)) as it:
        path = await it.kept()
        assert (await it.client.post("/v1/artifacts", content=b"x")).status_code == 401
        assert (await it.client.get(path)).status_code == 200


@pytest.mark.parametrize("id_", ["artf_1", "x", "..%2f..%2fetc%2fpasswd", "artf_" + "f" * 40])
async def test_what_is_not_there_is_not_found(place, id_):
    async with shelf(place) as it:
        assert (await it.client.get(f"/v1/artifacts/{id_}")).status_code == 404


# When its time is over.


async def test_what_has_expired_is_gone_and_the_sweep_removes_it(place, monkeypatch):
    async with shelf(place) as it:
        path, other = await it.kept(ttl_seconds=100), await it.kept(ttl_seconds=1000)
        later = expiry(path.rpartition("/")[2]) + 1
        monkeypatch.setattr("janus_platform.artifacts.store.time.time", lambda: later)
        got = await it.client.get(path)
        assert (got.status_code, got.json()["error"]["code"]) == (410, "artifact_expired")
        assert len(it.files()) == 4
        assert await it.store.sweep() == 1
        assert len(it.files()) == 2
        assert (await it.client.get(other)).status_code == 200


async def test_sweeping_goes_on_by_itself(place):
    async with shelf(place) as it:
        await it.kept()
        for name in it.files():  # as if it had been made long ago
            obstore.rename(it.objects, name, re.sub("artf_.{8}", "artf_00000001", name))
        sweeping = asyncio.create_task(keep_swept(it.store, seconds=60))
        while it.files():
            await asyncio.sleep(0.001)
        sweeping.cancel()


async def test_space_that_was_swept_is_free_again(place, monkeypatch):
    async with shelf(place, total=1_500_000) as it:
        path = await it.kept(ttl_seconds=1)
        await it.store.discard(path.rpartition("/")[2])
        await it.store.sweep()
        assert (await it.put()).status_code == 201


async def test_one_competitor_cannot_fill_the_store(place):
    async with shelf(place, share=1_500_000) as it:
        assert (await it.put()).status_code == 201
        refused = await it.put()
        other = await it.put(competitor="other")
        files = it.files()
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "artifact_share_used")
    assert other.status_code == 201
    assert len(files) == 4


async def test_a_share_is_known_again_after_a_restart(folder):
    async with shelf(folder, share=1_500_000) as it:
        await it.put()
    async with shelf(folder, share=1_500_000) as again:
        await again.store.sweep()
        refused, other = await again.put(), await again.put(competitor="other")
    assert (refused.status_code, other.status_code) == (413, 201)


async def test_empty_artifacts_are_not_free(place):
    async with shelf(place, share=10 * 4096) as it:
        statuses = [(await it.put(b"")).status_code for _ in range(11)]
    assert statuses == [201] * 10 + [413]


async def test_uploads_under_way_count_towards_the_share():
    room = Room(most_bytes=10_000_000, share_bytes=1_500_000)
    with room.begin("a") as first:
        first.grow(1_000_000)
        with room.begin("a") as second, pytest.raises(PayloadTooLarge):
            second.grow(1_000_000)
        first.keep()
    with room.begin("b") as other:
        other.grow(1_000_000)


async def test_what_was_refused_takes_no_room(folder):
    async with shelf(folder, share=1_500_000) as it:
        for _ in range(3):
            assert (await it.put(sha256="0" * 64)).status_code == 400
        assert (await it.put()).status_code == 201


async def test_other_users_of_the_machine_cannot_read_what_is_kept(tmp_path):
    data = tmp_path / "platform"
    data.mkdir(mode=0o755)
    private_folder(data)
    private_folder(data / "artifacts")
    assert [folder.stat().st_mode & 0o777 for folder in (data, data / "artifacts")] == [0o700, 0o700]


def test_ids_cannot_be_guessed():
    assert len({new_id(1, "me") for _ in range(1000)}) == 1000


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


# How much of it is held, and for how long.


def resident(peak: bool = False) -> int:
    """The bytes of memory of this process, now or at most since the peak was forgotten."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"^{'VmHWM' if peak else 'VmRSS'}:\s+(\d+)", status, re.MULTILINE)[1])


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


async def test_a_large_file_passes_through_without_being_held(place):
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(96):
            yield MEGABYTE

    async with shelf(place, most=2**27, total=2**28) as it:
        await it.put()  # what is loaded once is loaded
        before = resident()
        forget_peak()
        made = await it.client.post("/v1/artifacts", content=parts())
        size = 0
        async with it.client.stream("GET", f"/v1/artifacts/{made.json()['id']}") as got:
            async for part in got.aiter_bytes():
                size += len(part)
    assert size == 96 * len(MEGABYTE)
    assert resident(peak=True) - before < 48 * len(MEGABYTE)


async def test_a_reader_may_take_longer_than_the_stores_patience(bucket):
    impatient = ArtifactStore(open_store(bucket, seconds=1), most_bytes=0, share_bytes=0)
    artifact_id = new_id(60, "me")

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(16):
            yield MEGABYTE

    await ArtifactStore(open_store(bucket), most_bytes=2**26, share_bytes=2**26).write(artifact_id, parts())
    size = 0
    async for part in impatient.read(artifact_id, 0, 16 * len(MEGABYTE)):
        size += len(part)
        await asyncio.sleep(0.1 * len(part) / len(MEGABYTE))
    assert size == 16 * len(MEGABYTE)


# A store that does not do its part.


async def refusals(it: Shelf) -> set[tuple[int, str]]:
    """What each way of using it is answered, and that it costs the platform nothing."""
    got = await it.client.get(f"/v1/artifacts/{new_id(60, 'me')}")
    answers = [got, await it.put()]
    with pytest.raises(Unavailable):
        await it.store.sweep()
    return {(answer.status_code, answer.json()["error"]["code"]) for answer in answers}


async def test_a_key_that_the_store_refuses_is_said_in_the_log_and_not_to_the_caller(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with capture_logs() as lines:
        async with shelf(bucket) as it:
            assert await refusals(it) == {(503, "artifact_store_failed")}
    assert any("SignatureDoesNotMatch" in line.get("reason", "") for line in lines)


async def test_a_store_that_is_away_is_unavailable(bucket, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as reserved:  # not for anybody else, and closed at once
        port = reserved.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{port}")
    async with shelf(bucket) as it:
        assert await refusals(it) == {(503, "artifact_store_failed")}


async def test_a_store_that_says_nothing_is_not_waited_for(bucket, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        store = ArtifactStore(open_store(bucket, seconds=0.2), most_bytes=100, share_bytes=100)
        with pytest.raises(Unavailable):
            await store.descriptor(new_id(60, "me"))


async def test_a_store_that_goes_in_the_middle_leaves_no_whole_answer(bucket, s3):
    """Last: it takes the server away."""

    async def read_on(got: httpx.Response) -> None:
        s3.process.kill()
        async for _ in got.aiter_bytes():
            pass

    async with shelf(bucket, most=2**27, total=2**27) as it:
        made = await it.put(MEGABYTE * 64)
        async with it.client.stream("GET", f"/v1/artifacts/{made.json()['id']}") as got:
            with pytest.raises(httpx.RemoteProtocolError):
                await read_on(got)
    assert got.headers["content-length"] == str(64 * len(MEGABYTE))
