"""Every fault of a competitor, as a client of the edge sees it: the typed error, then service as usual."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from support.competitor_scripts import FAULTS, HUGE_LINE_BYTES, chosen
from support.http_competitor import HttpCompetitor
from support.stack import Stack, free_port, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Short, so that hanging faults show soon; one attempt, so that the competitor's own fault is seen.
ENVIRONMENT = {
    "JANUS_FIRST_EVENT_TIMEOUT": "0.6",
    "JANUS_GAP_TIMEOUT": "0.6",
    "JANUS_ROUTER_MAX_ATTEMPTS": "1",
    "JANUS_ROUTER_EJECT_AFTER": "100000",
}


@dataclass(frozen=True)
class Expected:
    """What the client is told: the HTTP status when nothing was delivered yet, and the error's code."""

    status: int
    code: str
    type: str = "competitor_error"


UNAVAILABLE = Expected(503, "competitor_unavailable", "service_unavailable_error")
FAILED = Expected(502, "competitor_failed")
SILENT = Expected(504, "competitor_timeout", "timeout_error")

BEFORE_THE_FIRST_EVENT = {
    "reset-before-head": UNAVAILABLE,
    "close-before-head": UNAVAILABLE,
    "hang-before-head": SILENT,
    "hang-before-first-event": SILENT,
    "pings-before-first-event": SILENT,
    "comment-flood": SILENT,
    "endless-comment": SILENT,
    "endless-headers": FAILED,
    "endless-header": FAILED,
    "empty-stream": FAILED,
    "gzip-bomb": FAILED,
    "gzip-bomb-line": FAILED,
    "not-http": FAILED,
    "html": FAILED,
    "no-content": FAILED,
    "redirect": FAILED,
    "rejected": Expected(400, "invalid_value", "invalid_request_error"),
    "failed": FAILED,
}
AFTER_THE_FIRST_EVENT = {
    "reset-mid-stream": FAILED,
    "close-mid-stream": FAILED,
    "hang-mid-stream": SILENT,
    "pings-mid-stream": SILENT,
    "end-without-finish": FAILED,
    "error-mid-stream": Expected(502, "gpu_lost"),
    "invalid-json": FAILED,
    "invalid-utf8": FAILED,
    "invalid-chunk": FAILED,
    "huge-line": FAILED,
}


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stack(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    registry = f"competitors:\n  - {{id: faulty, url: 'http://127.0.0.1:{port}'}}\n"
    with running(tmp_path_factory.mktemp("faults"), registry, environment=ENVIRONMENT) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="module", scope="module", autouse=True)
async def competitor(stack: Stack, port: int) -> AsyncIterator[HttpCompetitor]:
    async with HttpCompetitor(chosen("tokens:3"), port=port) as competitor:
        await until_it_answers(stack)
        yield competitor


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def client(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.url, timeout=30) as client:
        yield client


def body(behaviour: str, *, stream: bool) -> dict[str, object]:
    return {"model": "faulty", "stream": stream, "messages": [{"role": "user", "content": behaviour}]}


async def until_it_answers(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url, timeout=5) as client:
        for _ in range(400):
            answer = await client.post("/v1/chat/completions", json=body("tokens:1", stream=False))
            if answer.status_code == 200:
                return
    raise AssertionError(answer.text)


async def the_next_request_succeeds(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/chat/completions", json=body("tokens:2", stream=False))
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "t0 t1 "


async def test_the_table_covers_every_fault() -> None:
    elsewhere = {
        "flood",
        "rate-limited",
        "unavailable",
        "done-without-finish",  # not a fault: the answer is said to be whole
        "gzip-bomb-comments",  # refused for its size or for its silence, whichever comes first
    }
    assert BEFORE_THE_FIRST_EVENT.keys() | AFTER_THE_FIRST_EVENT.keys() | elsewhere == FAULTS.keys()


@pytest.mark.parametrize("fault", BEFORE_THE_FIRST_EVENT)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_a_fault_before_the_first_event_has_its_http_status(
    client: httpx.AsyncClient, fault: str, stream: bool
) -> None:
    expected = BEFORE_THE_FIRST_EVENT[fault]
    answer = await client.post("/v1/chat/completions", json=body(f"fault:{fault}", stream=stream))
    assert answer.status_code == expected.status, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["type"]) == (expected.code, expected.type)
    assert error["message"]
    assert answer.headers["x-janus-competitor"] == "faulty"
    await the_next_request_succeeds(client)


@pytest.mark.parametrize("fault", AFTER_THE_FIRST_EVENT)
async def test_a_fault_in_the_middle_ends_the_stream_with_an_error_event(
    client: httpx.AsyncClient, fault: str
) -> None:
    expected = AFTER_THE_FIRST_EVENT[fault]
    answer = await client.post("/v1/chat/completions", json=body(f"fault:{fault}", stream=True))
    assert answer.status_code == 200
    data = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    assert "[DONE]" not in data
    assert "partial" in answer.text
    error = json.loads(data[-1])["error"]
    assert (error["code"], error["type"]) == (expected.code, expected.type)
    assert not any("error" in json.loads(chunk) for chunk in data[:-1])
    await the_next_request_succeeds(client)


@pytest.mark.parametrize("fault", AFTER_THE_FIRST_EVENT)
async def test_a_fault_in_the_middle_is_an_http_status_for_who_wants_no_stream(
    client: httpx.AsyncClient, fault: str
) -> None:
    expected = AFTER_THE_FIRST_EVENT[fault]
    answer = await client.post("/v1/chat/completions", json=body(f"fault:{fault}", stream=False))
    assert answer.status_code == expected.status, answer.text
    assert answer.json()["error"]["code"] == expected.code
    await the_next_request_succeeds(client)


@pytest.mark.parametrize(
    ("fault", "status", "seconds"), [("rate-limited", 429, "7"), ("unavailable", 429, "3")]
)
async def test_a_competitor_that_names_a_time_to_come_back_is_quoted(
    client: httpx.AsyncClient, fault: str, status: int, seconds: str
) -> None:
    answer = await client.post("/v1/chat/completions", json=body(f"fault:{fault}", stream=True))
    assert answer.status_code == status, answer.text
    assert answer.headers["retry-after"] == seconds
    await the_next_request_succeeds(client)


async def test_a_line_of_ten_megabytes_leaves_no_trace_in_memory(
    client: httpx.AsyncClient, stack: Stack
) -> None:
    for _ in range(3):
        await client.post("/v1/chat/completions", json=body("fault:huge-line", stream=True))
    for service in stack.services.values():
        assert service.rss_bytes() < 160 * 1024 * 1024 + HUGE_LINE_BYTES


async def test_a_competitor_that_is_not_there_is_unavailable(
    stack: Stack, client: httpx.AsyncClient, competitor: HttpCompetitor
) -> None:
    await competitor.__aexit__()
    answer = await client.post("/v1/chat/completions", json=body("tokens:1", stream=True))
    assert answer.status_code == 503, answer.text
    assert answer.json()["error"]["code"] == "competitor_unavailable"
    await competitor.__aenter__()
    await until_it_answers(stack)
