"""`ArtifactService`: bytes of an artifact, brought from the competitor that has it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest
from support.scripted_competitor import ScriptedCompetitor

import janus_mesh as mesh
from janus_mesh.errors import (
    CompetitorBusy,
    CompetitorFailed,
    InvalidRequest,
    NotFound,
    Unauthenticated,
    from_grpc,
    trailer,
)
from janus_proto._gen.janus.artifact.v1 import artifact_pb2 as pb
from janus_proto._gen.janus.artifact.v1 import artifact_pb2_grpc
from janus_router.artifacts import SERVICE

Fetch = Callable[[pb.FetchArtifactRequest, Any], Awaitable[None]]
HEAD = pb.FetchArtifactResponse(head=pb.ArtifactHead(mime_type="text/csv", total_bytes=6))


class Source(artifact_pb2_grpc.ArtifactServiceServicer):
    """A competitor's artifacts, by script."""

    def __init__(self, script: Fetch) -> None:
        self.script = script
        self.requests: list[pb.FetchArtifactRequest] = []
        self.sent = 0
        self.cancelled = asyncio.Event()

    async def FetchArtifact(self, request: pb.FetchArtifactRequest, context: Any) -> None:
        self.requests.append(request)
        try:
            await self.script(request, context)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    def add_to(self, server: mesh.Server) -> None:
        server.add(artifact_pb2_grpc.add_ArtifactServiceServicer_to_server, self, SERVICE)


async def source_and_router(house, script: Fetch, **settings: object):
    source = Source(script)
    competitor = ScriptedCompetitor()
    competitor.extend = source.add_to
    await house.enter(competitor)
    return source, await house.router({"id": "a", "url": competitor.url}, **settings)


def fetch(router, **fields: object) -> AsyncIterator[pb.FetchArtifactResponse]:
    stub = router.peer.stub(artifact_pb2_grpc.ArtifactServiceStub)
    request = pb.FetchArtifactRequest(**{"competitor_id": "a", "url": "/v1/artifacts/x", **fields})
    call: AsyncIterator[pb.FetchArtifactResponse] = stub.FetchArtifact(request)
    return call


async def refused(call: AsyncIterator[object]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        [part async for part in call]
    return caught.value


async def test_parts_pass_in_order_and_the_request_as_it_was(house):
    parts = [HEAD, *(pb.FetchArtifactResponse(data=data) for data in (b"abc", b"de", b"f"))]

    async def script(_, context) -> None:
        for part in parts:
            await context.write(part)

    source, router = await source_and_router(house, script)

    received = [part async for part in fetch(router, offset=3, length=9)]

    assert received == parts
    assert source.requests == [
        pb.FetchArtifactRequest(competitor_id="a", url="/v1/artifacts/x", offset=3, length=9)
    ]


async def test_an_unknown_competitor_is_not_found(house):
    router = await house.router()

    error = await refused(fetch(router))

    assert error.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (grpc.StatusCode.NOT_FOUND, NotFound),
        (grpc.StatusCode.INVALID_ARGUMENT, InvalidRequest),
        (grpc.StatusCode.UNAUTHENTICATED, CompetitorFailed),
        (grpc.StatusCode.PERMISSION_DENIED, CompetitorFailed),
        (grpc.StatusCode.INTERNAL, CompetitorFailed),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, CompetitorBusy),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_a_source_may_say_no_more_than_that_the_artifact_is_gone_or_the_range_wrong(house, said, meant):
    async def script(_, context) -> None:
        await context.abort(said, "only\x006 bytes")

    _, router = await source_and_router(house, script)

    error = from_grpc(await refused(fetch(router)))

    assert type(error) is meant
    assert "only 6 bytes" in error.message
    assert error.competitor_id == "a"


async def test_an_error_in_a_source_s_trailer_is_not_believed(house):
    async def script(_, context) -> None:
        claim = Unauthenticated("log in", competitor_id="rival")
        await context.abort(grpc.StatusCode.ABORTED, "", trailer(claim))

    _, router = await source_and_router(house, script)

    error = from_grpc(await refused(fetch(router)))

    assert type(error) is CompetitorFailed
    assert error.competitor_id == "a"


async def test_the_named_competitor_is_asked_whatever_host_the_address_names(house):
    async def script(_, context) -> None:
        await context.write(HEAD)

    rival = Source(script)
    competitor = ScriptedCompetitor()
    competitor.extend = rival.add_to
    await house.enter(competitor)
    source = Source(script)
    other = ScriptedCompetitor()
    other.extend = source.add_to
    await house.enter(other)
    router = await house.router({"id": "rival", "url": competitor.url}, {"id": "a", "url": other.url})

    [part async for part in fetch(router, url=f"http://{competitor.address}/v1/artifacts/secret")]

    assert (len(rival.requests), len(source.requests)) == (0, 1)


@pytest.mark.parametrize(
    "url",
    ["/metrics", "http://127.0.0.1:9151/metrics", "/v1/artifacts/../../metrics", "file:///etc/passwd", ""],
)
async def test_an_address_that_is_no_artifact_s_is_not_fetched(house, url):
    async def script(_, context) -> None:
        await context.write(HEAD)

    source, router = await source_and_router(house, script)

    error = from_grpc(await refused(fetch(router, url=url)))

    assert type(error) is CompetitorFailed
    assert not source.requests


DATA = pb.FetchArtifactResponse(data=b"abcdef")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([DATA], "one head"),
        ([HEAD, HEAD], "one head"),
        ([HEAD, DATA, DATA], "more than the 9 bytes"),
        ([HEAD, pb.FetchArtifactResponse(data=bytes(1024 * 1024 + 1))], "a part of more than"),
    ],
    ids=["bytes before the head", "two heads", "more than was wanted", "a part that is too large"],
)
async def test_a_source_that_breaks_the_contract_is_cut_off(house, parts, why):
    async def script(_, context) -> None:
        for part in parts:
            await context.write(part)

    _, router = await source_and_router(house, script)

    error = from_grpc(await refused(fetch(router, length=9)))

    assert type(error) is CompetitorFailed
    assert why in error.message


async def test_a_source_that_breaks_off_is_no_complete_artifact(house):
    async def script(_, context) -> None:
        await context.write(HEAD)
        await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    _, router = await source_and_router(house, script)

    assert (await refused(fetch(router))).code() is grpc.StatusCode.UNAVAILABLE


async def test_a_silent_source_times_out(house):
    async def script(_, context) -> None:
        await context.write(HEAD)
        await asyncio.Event().wait()

    source, router = await source_and_router(house, script, gap_timeout=0.05)

    error = await refused(fetch(router))

    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await source.cancelled.wait()


async def test_a_caller_who_leaves_stops_the_source(house):
    async def script(_, context) -> None:
        await context.write(HEAD)
        await asyncio.Event().wait()

    source, router = await source_and_router(house, script)
    call = fetch(router)
    async for _ in call:
        break

    call.cancel()  # type: ignore[attr-defined]

    async with asyncio.timeout(0.25):
        await source.cancelled.wait()


async def test_a_slow_reader_holds_the_source_back(house):
    async def script(_, context) -> None:
        await context.write(HEAD)
        while True:
            await context.write(pb.FetchArtifactResponse(data=bytes(64 * 1024)))
            source.sent += 1

    source, router = await source_and_router(house, script)
    call = fetch(router)
    async for _ in call:
        break
    sent = -1
    async with asyncio.timeout(10):
        while sent != source.sent:
            sent = source.sent
            await asyncio.sleep(0.1)  # long enough for a source that is not held back

    assert sent * 64 * 1024 < 32_000_000
    call.cancel()  # type: ignore[attr-defined]
