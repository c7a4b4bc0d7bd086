"""Everything a competitor can do wrong: each fault ends in its typed error, soon, and harms nothing else."""

import asyncio
import json
import resource
import socket
import time
from typing import Any

import pytest
from support import competitor_scripts as scripts
from support.answers import ask
from support.competitor_scripts import chunk
from support.http_competitor import JSON, Script

from janus_mesh.errors import (
    CompetitorBusy,
    CompetitorFailed,
    CompetitorRejected,
    CompetitorTimeout,
    DeadlineExceeded,
    JanusError,
    Unavailable,
)

pytestmark = pytest.mark.usefixtures("read_by")

FIRST_EVENT, GAP = 0.4, 0.3


@pytest.fixture
async def shim(competitor, serve):
    """A shim of little patience."""
    settings = {"first_event_timeout": FIRST_EVENT, "gap_timeout": GAP, "connect_timeout": 1.0}
    async with serve(competitor.url, shim_competitor_id="scripted", **settings) as running:
        yield running


Expected = tuple[type[JanusError], str]

FAULTS: dict[str, Expected] = {
    "reset-before-head": (Unavailable, "closed the connection before it answered"),
    "close-before-head": (Unavailable, "closed the connection before it answered"),
    "hang-before-head": (CompetitorTimeout, "the first event did not come within 0.4 s"),
    "hang-before-first-event": (CompetitorTimeout, "the first event did not come within 0.4 s"),
    "pings-before-first-event": (CompetitorTimeout, "the first event did not come within 0.4 s"),
    "comment-flood": (CompetitorTimeout, "the first event did not come within 0.4 s"),
    "endless-comment": (CompetitorTimeout, "the first event did not come within 0.4 s"),
    "reset-mid-stream": (CompetitorFailed, "broke off"),
    "close-mid-stream": (CompetitorFailed, "broke off"),
    "hang-mid-stream": (CompetitorTimeout, "the next event did not come within 0.3 s"),
    "pings-mid-stream": (CompetitorTimeout, "the next event did not come within 0.3 s"),
    "end-without-finish": (CompetitorFailed, "ended in the middle"),
    "empty-stream": (CompetitorFailed, "ended before it began"),
    "error-mid-stream": (CompetitorFailed, "the GPU fell off"),
    "invalid-json": (CompetitorFailed, "invalid JSON"),
    "invalid-utf8": (CompetitorFailed, "invalid UTF-8"),
    "invalid-chunk": (CompetitorFailed, "broke off"),
    "huge-line": (CompetitorFailed, "a line of more than 4194304 bytes"),
    "endless-headers": (CompetitorFailed, "not HTTP"),
    "endless-header": (CompetitorFailed, "not HTTP"),
    "not-http": (CompetitorFailed, "not HTTP"),
    "gzip-bomb": (CompetitorFailed, "unpacks to more than 256 times its size"),
    "gzip-bomb-line": (CompetitorFailed, "a line of more than 4194304 bytes"),
    "html": (CompetitorFailed, "answered with text/html"),
    "no-content": (CompetitorFailed, "status 204"),
    "redirect": (CompetitorFailed, "status 307"),
    "rejected": (CompetitorRejected, "temperature is too high"),
    "rate-limited": (CompetitorBusy, "slow down"),
    "failed": (CompetitorFailed, "out of memory"),
    "unavailable": (CompetitorBusy, "warming up"),
}


async def test_the_table_of_faults_is_complete():
    elsewhere = {
        "flood",  # has no end
        "gzip-bomb-comments",  # takes longer than this shim's patience
        "done-without-finish",  # is not a fault here
    }
    assert FAULTS.keys() == scripts.FAULTS.keys() - elsewhere


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_ends_in_its_error_and_the_next_request_is_answered(name, shim, competitor):
    kind, words = FAULTS[name]
    competitor.next_chats.append(scripts.FAULTS[name])
    before = _peak_memory()
    async with asyncio.timeout(5):
        failure = await shim.failure()
    assert isinstance(failure, kind)
    assert words in failure.message
    assert failure.competitor_id == "scripted"
    assert _peak_memory() - before < 64 * 1024 * 1024
    assert (await shim.events())[-1].HasField("finish")


@pytest.mark.parametrize(
    "name", [name for name in FAULTS if name.endswith("mid-stream") or name.startswith("invalid")]
)
async def test_what_was_said_before_the_fault_is_delivered(name, shim, competitor):
    competitor.next_chats.append(scripts.FAULTS[name])
    async with shim.peer.chat(ask()) as exchange:
        async for event in exchange:
            if event.content == "partial":
                break
        with pytest.raises(JanusError):
            await anext(exchange)


@pytest.mark.parametrize(
    "name", ["hang-before-head", "pings-mid-stream", "endless-comment", "endless-header", "flood"]
)
async def test_a_competitor_given_up_on_is_disconnected(name, shim, competitor):
    competitor.next_chats.append(scripts.FAULTS[name])
    await shim.failure(deadline=1.0)
    asked = await competitor.asked()
    async with asyncio.timeout(1):
        await asked.disconnected.wait()


async def test_a_bomb_of_compressed_comments_is_refused_and_harms_no_other_exchange(competitor, serve):
    competitor.next_chats.append(scripts.FAULTS["gzip-bomb-comments"])
    before = _peak_memory()
    async with serve(competitor.url) as shim, asyncio.timeout(20):
        bomb = asyncio.create_task(shim.failure())
        await competitor.asked()
        assert (await shim.events())[-1].HasField("finish")
        failure = await bomb
    assert isinstance(failure, CompetitorFailed)
    assert "unpacks to more than 256 times its size" in failure.message
    assert _peak_memory() - before < 64 * 1024 * 1024


# Connections that never come about.


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_refused_connection_is_unavailable(serve):
    async with serve(f"http://127.0.0.1:{_closed_port()}") as shim:
        failure = await shim.failure()
    assert isinstance(failure, Unavailable)
    assert failure.message == "the competitor refused the connection"


async def test_an_unknown_host_is_unavailable(serve):
    async with serve("http://competitor.invalid:8080") as shim:
        failure = await shim.failure()
    assert isinstance(failure, Unavailable)


async def test_a_container_without_tls_behind_https_is_unavailable(serve, competitor):
    async with serve(competitor.url.replace("http:", "https:")) as shim:
        failure = await shim.failure()
    assert isinstance(failure, Unavailable)
    assert "TLS" in failure.message


async def test_a_connection_that_is_not_accepted_in_time_is_unavailable(serve):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        async with serve(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout=0.3) as shim:
            failure = await shim.failure()
        for filler in fillers:
            filler.close()
    assert isinstance(failure, Unavailable)
    assert failure.message == "no connection to the competitor within 0.3 s"


# Error bodies.


async def refused(shim: Any, competitor: Any, script: Script) -> JanusError:
    competitor.next_chats.append(script)
    failure: JanusError = await shim.failure()
    return failure


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422, 451])
async def test_a_verdict_on_the_request_reaches_the_caller_as_it_was(status, shim, competitor):
    script = scripts.refusal(status, "too many tools", param="tools", code="too_many")
    failure = await refused(shim, competitor, script)
    assert isinstance(failure, CompetitorRejected)
    assert (failure.http_status, failure.competitor_status, failure.retryable) == (status, status, False)
    assert (failure.message, failure.param, failure.code) == ("too many tools", "tools", "too_many")


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 407, 408, 411, 418, 421, 425, 426, 431, 499])
async def test_another_4xx_is_the_containers_failure_and_may_be_tried_elsewhere(status, shim, competitor):
    failure = await refused(shim, competitor, scripts.refusal(status, "no such key"))
    assert (type(failure), failure.http_status, failure.retryable) == (CompetitorFailed, 502, True)
    assert (failure.competitor_status, failure.message) == (status, "no such key")


@pytest.mark.parametrize("status", [429, 529])
async def test_a_container_over_its_capacity_is_busy(status, shim, competitor):
    failure = await refused(shim, competitor, scripts.refusal(status, "slow down"))
    assert (type(failure), failure.http_status, failure.retryable) == (CompetitorBusy, 429, True)
    assert (failure.competitor_status, failure.message) == (status, "slow down")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([("retry-after", "7")], 7.0),
        ([("retry-after", "1.5")], 1.5),
        ([("retry-after", "9" * 15)], 86_400.0),
        ([("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT")], 86_400.0),
        ([("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")], 0.0),
        ([("retry-after-ms", "250"), ("retry-after", "7")], 0.25),
        ([("retry-after-ms", "soon"), ("retry-after", "7")], 7.0),
        ([("retry-after", "-5")], 0.0),
        ([("retry-after", "nan")], 0.0),
        ([("retry-after", "9" * 400)], 0.0),
        ([], 0.0),
    ],
)
async def test_a_retry_after_is_kept_within_bounds(headers, seconds, shim, competitor):
    failure = await refused(shim, competitor, scripts.refusal(429, headers=headers))
    assert failure.retry_after == seconds


async def test_a_503_that_says_when_to_come_back_is_a_busy_competitor(shim, competitor):
    failure = await refused(shim, competitor, scripts.FAULTS["unavailable"])
    assert (type(failure), failure.competitor_status, failure.retry_after) == (CompetitorBusy, 503, 3.0)


async def test_a_503_that_does_not_is_a_failure(shim, competitor):
    failure = await refused(shim, competitor, scripts.refusal(503, "broken"))
    assert (type(failure), failure.http_status, failure.competitor_status) == (CompetitorFailed, 502, 503)


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (b'{"detail": "Not authenticated"}', "Not authenticated", ""),
        (b'{"detail": {"message": "no"}}', "no", ""),
        (b'{"detail": [{"loc": ["body", "n"], "msg": "must be 1"}]}', "must be 1", "n"),
        (b'{"message": "flat", "param": "n"}', "flat", "n"),
        (b'{"error": "words"}', "words", ""),
        (b'{"error": true, "message": "words"}', "words", ""),
        (
            b'{"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}',
            "too long",
            "",
        ),
        (b'[{"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}]', "bad", ""),
        (b'{"error": {"code": "content_filter", "message": "filtered", "innererror": {}}}', "filtered", ""),
        (b'{"statusCode": 400, "message": ["n must be 1"], "error": "Bad Request"}', "n must be 1", ""),
        (b'{"errors": [{"message": "first"}, {"message": "second"}]}', "first", ""),
        (b"<h1>Bad Request</h1>", "the competitor answered with status 400", ""),
        (b"", "the competitor answered with status 400", ""),
        (b'["odd"]', "odd", ""),
        (b"[[[[[[[1]]]]]]]", "the competitor answered with status 400", ""),
        (b'{"error": {"message": {"no": "text"}}}', "the competitor answered with status 400", ""),
    ],
)
async def test_error_bodies_of_other_makes_are_understood(body, message, param, shim, competitor):
    failure = await refused(shim, competitor, scripts.answer(400, body))
    assert (failure.message, failure.param, failure.competitor_status) == (message, param, 400)


async def test_an_error_body_is_read_up_to_a_bound(shim, competitor):
    async def endless(reply):
        await reply.head(400, JSON)
        while True:
            await reply.send(b" " * 65536)

    async with asyncio.timeout(2):
        failure = await refused(shim, competitor, endless)
    assert failure.competitor_status == 400


async def test_an_error_whose_body_never_comes_is_reported_without_it(competitor, serve):
    async def silent(reply):
        await reply.head(500, JSON)
        await reply.stall()

    async with serve(competitor.url) as shim, asyncio.timeout(4):
        failure = await refused(shim, competitor, silent)
    assert failure.competitor_status == 500


# Time.


async def test_the_callers_deadline_ends_an_endless_answer(shim, competitor):
    competitor.next_chats.append(scripts.counted(10_000, gap=0.01))
    began = time.monotonic()
    failure = await shim.failure(deadline=0.5)
    assert isinstance(failure, DeadlineExceeded)
    assert time.monotonic() - began < 2


async def test_the_shims_own_total_ends_an_answer_without_a_deadline(competitor, serve):
    competitor.next_chats.append(scripts.counted(10_000, gap=0.01))
    async with serve(competitor.url, total_timeout=0.5) as shim:
        failure = await shim.failure()
    assert isinstance(failure, DeadlineExceeded)
    assert "0.5 s" in failure.message


async def test_time_the_caller_takes_is_not_the_competitors_silence(competitor, serve):
    """The caller reads nothing for longer than the gap allows, while the competitor has more to say."""
    resumed = asyncio.Event()
    token = chunk({"content": "x" * 2000})

    async def script(reply):
        await reply.head(200, scripts.EVENT_STREAM)
        while not resumed.is_set():
            await reply.event(token)
        await reply.event(chunk(finish="stop"))

    competitor.chat = script
    async with serve(competitor.url, gap_timeout=0.3) as shim, shim.peer.chat(ask()) as exchange:
        await anext(exchange)
        await asyncio.sleep(1.0)
        resumed.set()
        async for event in exchange:
            last = event
    assert last.HasField("finish")


# Limits.


async def test_the_longest_event_is_configurable(competitor, serve):
    competitor.chat = scripts.tokens("x" * 2000)
    async with serve(competitor.url, shim_max_event_bytes=1000) as shim:
        failure = await shim.failure()
    assert "more than 1000 bytes" in failure.message


async def test_the_longest_json_answer_is_configurable(competitor, serve):
    competitor.chat = scripts.answer(200, json.dumps(scripts.message("x" * 2000)).encode())
    async with serve(competitor.url, shim_max_answer_bytes=1000) as shim:
        failure = await shim.failure()
    assert "more than 1000 bytes" in failure.message


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
