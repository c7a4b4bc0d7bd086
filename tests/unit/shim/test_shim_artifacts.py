"""Artifacts, fetched from their competitor through the shim."""

import asyncio
import time

import grpc
import pytest
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor, Reply

from janus_proto._gen.janus.artifact.v1 import artifact_pb2 as pb
from janus_proto._gen.janus.artifact.v1 import artifact_pb2_grpc

BODY = bytes(range(256)) * 1024  # 256 KiB
PATH = "/v1/artifacts/artf_1"
CSV = (("content-type", "text/csv; charset=utf-8"),)


async def plain(reply: Reply) -> None:
    """A container that does not know `Range`."""
    await reply.body(200, CSV, BODY)


async def ranged(reply: Reply) -> None:
    """One that does."""
    wanted = reply.asked.headers.get("range")
    if wanted is None:
        await plain(reply)
        return
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if int(first) >= len(BODY):
        await reply.body(416, [("content-range", f"bytes */{len(BODY)}")], b"")
        return
    part = BODY[int(first) : int(last) + 1 if last else None]
    span = f"bytes {first}-{int(first) + len(part) - 1}/{len(BODY)}"
    await reply.body(206, [*CSV, ("content-range", span)], part)


def fetching(shim, url: str = PATH, **fields: object):
    stub = shim.peer.stub(artifact_pb2_grpc.ArtifactServiceStub)
    return stub.FetchArtifact(pb.FetchArtifactRequest(url=url, **fields))


async def fetch(shim, url: str = PATH, **fields: object) -> tuple[pb.ArtifactHead, bytes]:
    parts = [part async for part in fetching(shim, url, **fields)]
    assert parts[0].WhichOneof("part") == "head"
    assert all(0 < len(part.data) <= 64 * 1024 for part in parts[1:])
    return parts[0].head, b"".join(part.data for part in parts)


async def refusal(shim, url: str = PATH, **fields: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await fetch(shim, url, **fields)
    return caught.value.code(), caught.value.details() or ""


@pytest.fixture(params=[plain, ranged], ids=["ignores Range", "knows Range"])
def either(request, competitor):
    competitor.routes[PATH] = request.param


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 0), (0, 10), (100_000, 0), (100_000, 70_000), (262_143, 1), (262_000, 5_000), (0, 262_144)],
)
async def test_the_bytes_asked_for_come_after_the_head(offset, length, shim):
    head, data = await fetch(shim, offset=offset, length=length)
    assert head == pb.ArtifactHead(mime_type="text/csv; charset=utf-8", total_bytes=len(BODY), offset=offset)
    assert data == BODY[offset : offset + length if length else None]


@pytest.mark.usefixtures("either")
async def test_an_offset_beyond_the_end_is_invalid(shim):
    code, details = await refusal(shim, offset=len(BODY))
    assert (code, details) == (grpc.StatusCode.INVALID_ARGUMENT, "the artifact ends before the offset")


async def test_an_absolute_address_of_the_container_itself_is_fetched(shim, competitor):
    competitor.routes[PATH] = plain
    assert (await fetch(shim, competitor.url + PATH))[1] == BODY


async def test_a_length_that_is_not_said_is_none(shim, competitor):
    async def unsaid(reply: Reply) -> None:
        await reply.head(200, ())
        await reply.send(b"abc")

    competitor.routes[PATH] = unsaid
    assert await fetch(shim) == (pb.ArtifactHead(), b"abc")
    assert (await fetch(shim, offset=2))[1] == b"c"
    assert (await refusal(shim, offset=9))[0] is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_compressed_artifact_is_unpacked_and_has_no_length(shim, competitor):
    import gzip

    competitor.routes[PATH] = scripts.answer(200, gzip.compress(BODY), [("content-encoding", "gzip")])
    head, data = await fetch(shim)
    assert (head.total_bytes, data) == (0, BODY)


async def test_the_request_id_travels(shim, competitor):
    competitor.routes[PATH] = plain
    stub = shim.peer.stub(artifact_pb2_grpc.ArtifactServiceStub)
    call = stub.FetchArtifact(pb.FetchArtifactRequest(url=PATH), metadata=(("x-request-id", "req_9"),))
    async for _ in call:
        pass
    assert competitor.requests[-1].headers["x-request-id"] == "req_9"


# Where artifacts may come from.


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/x",
        "//127.0.0.1:1/x",
        "https://127.0.0.1/x",
        "http://localhost/x",
        "file:///etc/passwd",
        "data:text/plain,x",
    ],
)
async def test_other_origins_are_denied(url, shim):
    code, _ = await refusal(shim, url)
    assert code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT)


async def test_credentials_in_an_address_are_denied(shim, competitor):
    competitor.routes[PATH] = plain
    url = competitor.url.replace("http://", "http://user:secret@") + PATH
    assert (await refusal(shim, url))[0] is grpc.StatusCode.PERMISSION_DENIED


async def test_a_redirect_is_not_followed(shim, competitor):
    competitor.routes[PATH] = scripts.answer(302, b"", [("location", "http://127.0.0.1:1/")])
    assert await refusal(shim) == (grpc.StatusCode.ABORTED, "the competitor answered with status 302")


async def test_origins_on_the_list_are_allowed(serve, competitor):
    async with HttpCompetitor(scripts.tokens("a")) as store:
        store.routes["/artifacts/1"] = plain
        async with serve(
            competitor.url, shim_artifact_origins=f"http://other.test, {store.url}/artifacts"
        ) as shim:
            assert (await fetch(shim, f"{store.url}/artifacts/1"))[1] == BODY


async def test_each_competitor_has_its_own_origin(serve, competitor, tmp_path):
    async with HttpCompetitor(scripts.tokens("a")) as other:
        other.routes[PATH] = plain
        registry = tmp_path / "competitors.yaml"
        registry.write_text(
            f"competitors: [{{id: a, url: '{competitor.url}'}}, {{id: b, url: '{other.url}'}}]"
        )
        async with serve(competitors=registry) as shim:
            assert (await fetch(shim, competitor_id="b"))[1] == BODY
            denied = await refusal(shim, other.url + PATH, competitor_id="a")
            assert denied[0] is grpc.StatusCode.PERMISSION_DENIED
            unknown = await refusal(shim, competitor_id="c")
            assert unknown[0] is grpc.StatusCode.NOT_FOUND


# What goes wrong.


async def test_an_artifact_that_is_gone_is_not_found(shim):
    assert await refusal(shim) == (grpc.StatusCode.NOT_FOUND, "the artifact is gone")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (scripts.refusal(500, "broken"), grpc.StatusCode.ABORTED),
        (scripts.refusal(403, "not yours"), grpc.StatusCode.ABORTED),
        (scripts.refusal(400, "not so"), grpc.StatusCode.FAILED_PRECONDITION),
        (scripts.close_before_head, grpc.StatusCode.UNAVAILABLE),
        (scripts.answer(206, b"abc", ()), grpc.StatusCode.ABORTED),
        (scripts.answer(206, b"abc", [("content-range", "bytes 5-7/10")]), grpc.StatusCode.ABORTED),
        (scripts.bytes_only(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"), grpc.StatusCode.ABORTED),
    ],
)
async def test_other_failures_have_their_status(script, code, shim, competitor):
    competitor.routes[PATH] = script
    assert (await refusal(shim))[0] is code


@pytest.mark.parametrize("said", [True, False], ids=["length said", "length not said"])
async def test_an_artifact_over_the_limit_is_refused(said, serve, competitor):
    async def big(reply: Reply) -> None:
        await reply.head(200, (), length=len(BODY) if said else None)
        await reply.send(BODY)

    competitor.routes[PATH] = big
    async with serve(competitor.url, shim_max_artifact_bytes=100_000) as shim:
        code, details = await refusal(shim)
    assert (code, details) == (grpc.StatusCode.OUT_OF_RANGE, "the artifact has more than 100000 bytes")


async def test_a_silent_container_is_given_up(serve, competitor):
    async def silent(reply: Reply) -> None:
        await reply.head(200, ())
        await reply.send(b"abc")
        await reply.stall()

    competitor.routes[PATH] = silent
    async with serve(competitor.url, gap_timeout=0.2) as shim:
        assert (await refusal(shim))[0] is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_caller_that_leaves_is_seen_by_the_container(shim, competitor):
    async def endless(reply: Reply) -> None:
        await reply.head(200, ())
        while True:
            await reply.send(BODY)

    competitor.routes[PATH] = endless
    call = fetching(shim)
    async for part in call:
        if part.data:
            break
    asked = competitor.requests[-1]
    left = time.monotonic()
    call.cancel()
    async with asyncio.timeout(5):
        await asked.disconnected.wait()
    print(f"\ncancel of an artifact: {(asked.disconnected.at - left) * 1000:.1f} ms")
    assert asked.disconnected.at - left < 1.0
