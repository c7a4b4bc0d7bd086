"""What the baseline's clients get when the proxy refuses or fails, or when they ask nonsense."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.baseline import ASKED, CHAT, STREAMED, baseline, baseline_at
from support.http_competitor import EVENT_STREAM, Reply
from support.stack import free_port

JSON = {"content-type": "application/json"}

BOTH = pytest.mark.parametrize("asked", [ASKED, STREAMED], ids=["whole", "stream"])


@BOTH
@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
async def test_a_refusal_of_the_proxy_is_passed_on(asked: dict[str, Any], status: int) -> None:
    refusal = scripts.refusal(status, "no", headers=[("retry-after", "7")], param="n", code="why")
    async with baseline(refusal) as running:
        answer = await running.client.post(CHAT, json=asked)
    assert answer.status_code == status
    assert answer.json()["error"] == {"message": "no", "type": "some_error", "param": "n", "code": "why"}
    assert answer.headers["retry-after"] == "7"


@BOTH
async def test_a_failure_in_other_words_becomes_openais(asked: dict[str, Any]) -> None:
    html = scripts.answer(500, b"<html>oops</html>", [("content-type", "text/html")])
    async with baseline(html) as running:
        answer = await running.client.post(CHAT, json=asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "inference_failed")


@BOTH
async def test_a_proxy_that_is_not_there_is_unavailable(asked: dict[str, Any]) -> None:
    async with baseline_at(f"http://127.0.0.1:{free_port()}/v1") as client:
        answer = await client.post(CHAT, json=asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "inference_unavailable")
    assert answer.headers["retry-after"] == "1"


@BOTH
@pytest.mark.parametrize("fault", ["reset-before-head", "close-before-head"])
async def test_a_proxy_that_breaks_off_before_its_answer_is_unavailable(
    asked: dict[str, Any], fault: str
) -> None:
    async with baseline(scripts.FAULTS[fault]) as running:
        answer = await running.client.post(CHAT, json=asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "inference_failed")


@pytest.mark.parametrize(
    ("asked", "bound"), [(STREAMED, "first_event_timeout"), (ASKED, "total_timeout")], ids=["stream", "whole"]
)
async def test_a_proxy_that_does_not_answer_times_out(asked: dict[str, Any], bound: str) -> None:
    async with baseline(scripts.hang_before_head, **{bound: 0.1}) as running:
        answer = await running.client.post(CHAT, json=asked)
        await (await running.inference.asked()).disconnected.wait()
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "inference_timeout")


async def test_a_head_without_events_times_out_with_a_status() -> None:
    async with baseline(scripts.hang_before_first_event, first_event_timeout=0.1) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    assert answer.status_code == 504


async def test_an_empty_stream_is_a_failure_with_a_status() -> None:
    async with baseline(scripts.empty_stream) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "inference_failed")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("reset-mid-stream", "inference_failed"),
        ("close-mid-stream", "inference_failed"),
        ("end-without-finish", "inference_failed"),
        ("hang-mid-stream", "inference_timeout"),
    ],
)
async def test_a_stream_that_breaks_off_ends_with_an_error_event(fault: str, code: str) -> None:
    async with baseline(scripts.FAULTS[fault], gap_timeout=0.1) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    *_, partial, last, end = answer.text.split("\n\n")
    assert "partial" in partial
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == code
    assert end == ""
    assert "[DONE]" not in answer.text


async def test_half_an_event_is_never_passed_on() -> None:
    async def torn(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        await reply.event(scripts.chunk({"content": "whole"}))
        await reply.send(b'data: {"torn')
        reply.close()

    async with baseline(torn) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    assert "whole" in answer.text
    assert "torn" not in answer.text
    assert '"inference_failed"' in answer.text


async def test_an_error_event_of_the_proxy_is_the_last() -> None:
    async with baseline(scripts.error_mid_stream) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    assert answer.text.count('{"error"') == 1
    assert "gpu_lost" in answer.text
    assert "[DONE]" not in answer.text


async def test_the_next_request_after_a_failure_is_answered() -> None:
    async with baseline(scripts.completion()) as running:
        running.inference.next_chats.append(scripts.reset_mid_stream)
        await running.client.post(CHAT, json=STREAMED)
        assert (await running.client.post(CHAT, json=ASKED)).json() == scripts.message()


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b"\xff", None),
        (b"{}", "messages"),
        (b'{"messages": []}', "messages"),
        (b'{"messages": "hi"}', "messages"),
        (b'{"messages": [{}], "stream": "yes"}', "stream"),
    ],
)
async def test_nonsense_is_refused_and_named(body: bytes, param: str | None) -> None:
    async with baseline(scripts.completion()) as running:
        answer = await running.client.post(CHAT, content=body, headers=JSON)
        assert running.inference.requests == []
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)


async def test_a_body_over_the_bound_is_refused() -> None:
    async with baseline(scripts.completion(), max_body_bytes=100) as running:
        assert (await running.client.post(CHAT, content=b"x" * 101, headers=JSON)).status_code == 413


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", CHAT, 405)])
async def test_what_is_not_there_is_refused_in_openais_words(method: str, path: str, status: int) -> None:
    async with baseline(scripts.completion()) as running:
        answer = await running.client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


async def test_each_request_is_one_line() -> None:
    async with baseline(scripts.reset_mid_stream) as running:
        with capture_logs() as lines:
            await running.client.post(CHAT, json=STREAMED)
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["log_level"], line["path"], line["end"]) == ("info", "fast", "inference_failed")
