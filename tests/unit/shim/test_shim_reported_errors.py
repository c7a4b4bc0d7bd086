"""Errors that a competitor reports, and what of them clients may see."""

from typing import Any

import pytest
from support import competitor_scripts as scripts
from support.competitor_scripts import chunk

from janus_mesh.errors import CompetitorBusy, CompetitorFailed, CompetitorRejected, JanusError
from janus_shim.error_bodies import reported_error
from janus_shim.redaction import MAX_MESSAGE, presentable

BUSY, FAILED, REJECTED = CompetitorBusy, CompetitorFailed, CompetitorRejected


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "m", "code": 429}, BUSY),
        ({"message": "m", "code": "429"}, BUSY),
        ({"message": "m", "code": "rate_limit_exceeded"}, BUSY),
        ({"message": "m", "type": "overloaded_error"}, BUSY),
        ({"message": "m", "code": 429, "status": "RESOURCE_EXHAUSTED"}, BUSY),
        ({"message": "m", "code": 400, "type": "BadRequestError"}, REJECTED),
        ({"message": "m", "code": 401}, FAILED),
        ({"message": "m", "code": 503}, FAILED),
        ({"message": "m", "code": True}, FAILED),
        ({"message": "m"}, FAILED),
        ("m", FAILED),
        ([{"message": "m"}], FAILED),
    ],
)
def test_an_error_before_the_answer_is_classified_as_its_status_would_be(
    error: Any, kind: type[JanusError]
) -> None:
    raised = reported_error(error, spoken=False)
    assert (type(raised), raised.message) == (kind, "m")


def test_a_verdict_in_a_200_has_the_status_that_it_names() -> None:
    assert reported_error({"message": "m", "code": 422}, spoken=False).http_status == 422


@pytest.mark.parametrize("code", [400, 429, "rate_limit_exceeded"])
def test_an_error_after_the_answer_began_is_a_failure(code: Any) -> None:
    assert type(reported_error({"message": "m", "code": code}, spoken=True)) is CompetitorFailed


LIMIT = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
VLLM = {"object": "error", "message": "slow down", "type": "RateLimitError", "code": 429}


@pytest.mark.parametrize("said", [LIMIT, VLLM, [LIMIT]], ids=["OpenAI", "vLLM", "Gemini"])
async def test_a_rate_limit_in_a_stream_is_a_busy_competitor(said: Any, shim: Any, competitor: Any) -> None:
    competitor.chat = scripts.chunks([said])
    failure = await shim.failure()
    assert (type(failure), failure.message, failure.http_status) == (CompetitorBusy, "slow down", 429)


@pytest.mark.parametrize("said", [LIMIT, VLLM, [LIMIT]], ids=["OpenAI", "vLLM", "Gemini"])
async def test_a_rate_limit_in_a_json_answer_is_a_busy_competitor(
    said: Any, shim: Any, competitor: Any
) -> None:
    competitor.chat = scripts.completion(said)
    failure = await shim.failure()
    assert (type(failure), failure.message) == (CompetitorBusy, "slow down")


async def test_a_rate_limit_after_the_first_word_is_a_failure(shim: Any, competitor: Any) -> None:
    competitor.chat = scripts.chunks([chunk({"content": "a"}), LIMIT])
    assert type(await shim.failure()) is CompetitorFailed


async def test_an_event_of_type_error_may_be_plain_words(shim: Any, competitor: Any) -> None:
    competitor.chat = scripts.stream(b"event: error\ndata: out of memory\n\n")
    assert (await shim.failure()).message == "out of memory"


# What clients may see.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Incorrect API key provided: sk-proj-abcdef123456.", "Incorrect API key provided: ***"),
        ("header 'Authorization: Bearer abcdefgh12345678'", "header 'Authorization: Bearer ***'"),
        ("sent Bearer eyJhbGciOiJIUzI1NiJ9.e30.sig to it", "sent Bearer *** to it"),
        ('{"api_key": "0123456789abcdef"}', '{"api_key": "***"}'),
        ("x-api-key=0123456789abcdef; retry", "x-api-key=***; retry"),
        ("GET https://user:pass@host/v1?key=AIzaSyA-0123456789&x=1", "GET https://***@host/v1?key=***&x=1"),
        ("gsk_0123456789abcdef and hf_0123456789abcdef", "*** and ***"),
        ("line one\r\n\x00\x1b[31mline two\u2028", "line one [31mline two"),
        ("max_tokens must be at most 4096", "max_tokens must be at most 4096"),
        ("unexpected token: 'foobar' at task-1", "unexpected token: 'foobar' at task-1"),
    ],
)
def test_secrets_and_control_characters_do_not_leave(text: str, shown: str) -> None:
    assert presentable(text) == shown


def test_a_message_is_bounded() -> None:
    assert len(presentable("x" * 100_000)) == MAX_MESSAGE


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_a_key_in_an_error_body_does_not_reach_the_caller(
    status: int, shim: Any, competitor: Any
) -> None:
    competitor.chat = scripts.refusal(status, "wrong key sk-0123456789abcdef", param="sk-0123456789abcdef")
    failure = await shim.failure()
    assert (failure.message, failure.param) == ("wrong key ***", "***")


async def test_a_key_in_a_stream_does_not_reach_the_caller(shim: Any, competitor: Any) -> None:
    competitor.chat = scripts.chunks([{"error": {"message": "wrong key sk-0123456789abcdef"}}])
    assert (await shim.failure()).message == "wrong key ***"
