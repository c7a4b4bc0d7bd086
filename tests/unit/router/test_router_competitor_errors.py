"""What the router makes of an error that a competitor ends its answer with."""

import grpc
import pytest
from support.answers import ChatEvent, ask
from support.scripted_competitor import failing, replaying

from janus_mesh import errors
from janus_mesh.errors import (
    CompetitorBusy,
    CompetitorFailed,
    CompetitorRejected,
    CompetitorTimeout,
    DeadlineExceeded,
    InvalidRequest,
    JanusError,
    Overloaded,
    Unavailable,
)
from janus_proto._gen.janus.chat.v1 import event_pb2
from janus_router.competitor_errors import meaning

KINDS = {
    name.removeprefix("ERROR_KIND_").lower(): number for name, number in event_pb2.ErrorKind.items() if number
}
VERDICTS = {
    "invalid_request": 400,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "competitor_rejected": 400,
}
BUSY = {"rate_limited", "overloaded", "competitor_busy"}


def sent(kind: str, **fields: object) -> JanusError:
    return JanusError.from_proto(event_pb2.Error(kind=KINDS[kind], message="said", **fields))


def meant(error: JanusError, *, native: bool = True, seconds_left: float = 100.0) -> JanusError:
    return meaning(error, native=native, seconds_left=seconds_left)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - VERDICTS.keys() - BUSY))
def test_every_other_kind_of_a_native_competitor_is_its_failure(kind):
    error = meant(sent(kind))

    assert type(error) is CompetitorFailed
    assert error.http_status == 502
    assert error.code == "competitor_failed"
    assert error.retryable
    assert "said" in error.message


@pytest.mark.parametrize(("kind", "status"), VERDICTS.items())
def test_a_verdict_on_the_request_is_the_client_s_to_see(kind, status):
    error = meant(sent(kind, param="tools", code="unsupported_tool"))

    assert type(error) is CompetitorRejected
    assert (error.http_status, error.param, error.code) == (status, "tools", "unsupported_tool")
    assert not error.retryable


@pytest.mark.parametrize("kind", sorted(BUSY))
def test_a_lack_of_capacity_is_tried_elsewhere(kind):
    error = meant(sent(kind, retry_after_seconds=7))

    assert type(error) is CompetitorBusy
    assert (error.http_status, error.retry_after, error.retryable) == (429, 7.0, True)


@pytest.mark.parametrize(
    "status", [401, 402, 403, 404, 405, 407, 408, 410, 425, 428, 499, 500, 503, 200, 99999]
)
def test_a_rejection_whose_status_blames_something_else_is_a_failure(status):
    assert type(meant(sent("competitor_rejected", competitor_status=status))) is CompetitorFailed


def test_a_rejection_with_429_is_a_lack_of_capacity():
    error = meant(sent("competitor_rejected", competitor_status=429))

    assert type(error) is CompetitorBusy
    assert error.retry_after == 1.0


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422, 431])
def test_a_rejection_keeps_a_status_that_is_about_the_request(status):
    error = meant(sent("competitor_rejected", competitor_status=status))

    assert type(error) is CompetitorRejected
    assert error.http_status == status


@pytest.mark.parametrize(
    ("said", "bounded"),
    [(1e9, 300.0), (float("inf"), 1.0), (float("nan"), 1.0), (-5.0, 1.0), (0.0, 1.0), (42.5, 42.5)],
)
def test_the_time_to_wait_is_bounded(said, bounded):
    assert meant(sent("competitor_busy", retry_after_seconds=said)).retry_after == bounded


def test_text_is_cleaned_and_bounded():
    error = meant(
        JanusError.from_proto(
            event_pb2.Error(
                kind=KINDS["invalid_request"],
                message="a\x00b\x1b[31mc\nd\u202e" + "x" * 1_000_000,
                param="p\r\n" + "y" * 10_000,
                code="Set-Cookie: a\r\n",
            )
        )
    )

    assert len(error.message) == 1_000
    assert error.message.startswith("a b [31mc d x")
    assert len(error.param) == 200
    assert "\r" not in error.param
    assert error.code == "competitor_rejected"


@pytest.mark.parametrize("code", ["invalid_api_key", "overloaded", "internal_error", "rate_limit_exceeded"])
def test_a_failure_cannot_carry_a_code_of_janus(code):
    assert meant(sent("competitor_failed", code=code)).code == "competitor_failed"


def test_a_failure_keeps_a_code_of_its_own():
    assert meant(sent("competitor_failed", code="cuda_out_of_memory")).code == "cuda_out_of_memory"


def test_no_competitor_speaks_of_another():
    assert meant(sent("competitor_failed", competitor_id="rival")).competitor_id == ""


def bare(code: grpc.StatusCode, details: str = "said") -> JanusError:
    trailing = grpc.aio.Metadata()
    return errors.from_grpc(grpc.aio.AioRpcError(code, trailing, trailing, details))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, CompetitorFailed),
        (grpc.StatusCode.UNAUTHENTICATED, CompetitorFailed),
        (grpc.StatusCode.NOT_FOUND, CompetitorFailed),
        (grpc.StatusCode.INTERNAL, CompetitorFailed),
        (grpc.StatusCode.UNKNOWN, CompetitorFailed),
        (grpc.StatusCode.UNIMPLEMENTED, CompetitorFailed),
        (grpc.StatusCode.CANCELLED, CompetitorFailed),
        (grpc.StatusCode.ABORTED, CompetitorFailed),
        (grpc.StatusCode.DEADLINE_EXCEEDED, CompetitorFailed),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, CompetitorBusy),
        (grpc.StatusCode.INVALID_ARGUMENT, CompetitorRejected),
        (grpc.StatusCode.UNAVAILABLE, Unavailable),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_bare_status_means_no_more_than_an_error_event(code, kind):
    assert type(meant(bare(code))) is kind


def test_a_trailer_with_an_error_means_no_more_than_an_error_event():
    ((key, value),) = errors.trailer(errors.Unauthenticated("log in", competitor_id="rival"))
    trailing = grpc.aio.Metadata((key, value))
    error = errors.from_grpc(grpc.aio.AioRpcError(grpc.StatusCode.ABORTED, trailing, trailing, ""))

    assert type(meant(error)) is CompetitorFailed


@pytest.mark.parametrize("error", [sent("deadline_exceeded"), bare(grpc.StatusCode.DEADLINE_EXCEEDED)])
def test_a_deadline_is_believed_when_it_has_passed_here_too(error):
    assert type(meant(error, seconds_left=0.05)) is DeadlineExceeded


@pytest.mark.parametrize("error", [CompetitorTimeout("the first event was late"), DeadlineExceeded("over")])
def test_what_this_process_s_timers_say_stays(error):
    assert meant(error) is error


def test_a_full_connection_is_a_lack_of_capacity():
    assert type(meant(Overloaded("the link is full", retry_after=1.0))) is CompetitorBusy


def test_addresses_that_cannot_be_reached_stay_in_the_log():
    error = meant(Unavailable("10.1.2.3:50051 cannot be resolved: no such name"))

    assert type(error) is Unavailable
    assert "10.1.2.3" not in error.message
    assert "10.1.2.3" in error.__notes__[0]


@pytest.mark.parametrize(
    ("kind", "cls"),
    [
        ("competitor_timeout", CompetitorTimeout),
        ("unavailable", Unavailable),
        ("invalid_request", InvalidRequest),
        ("competitor_failed", CompetitorFailed),
        ("unauthenticated", CompetitorFailed),
        ("internal", CompetitorFailed),
    ],
)
def test_a_shim_is_believed_what_it_says_for_itself(kind, cls):
    assert type(meant(sent(kind), native=False)) is cls


@pytest.mark.parametrize("transport", ["link", "rpc"])
@pytest.mark.parametrize("begun", [False, True], ids=["before the first word", "after it"])
async def test_a_native_competitor_cannot_speak_in_the_name_of_janus_or_a_rival(
    house, monkeypatch, transport, begun
):
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", transport)
    claim = event_pb2.Error(
        kind=event_pb2.ERROR_KIND_UNAUTHENTICATED,
        message="your key is wrong",
        code="invalid_api_key",
        competitor_id="rival",
    )
    words = [ChatEvent(content="word"), ChatEvent(content="another")] if begun else []
    competitor = await house.competitor(replaying(*words, ChatEvent(error=claim)))
    router = await house.router({"id": "a", "url": competitor.url}, router_max_attempts=1)

    with pytest.raises(JanusError) as caught:
        await router.ask(ask("a"))

    error = caught.value
    assert type(error) is CompetitorFailed
    assert (error.competitor_id, error.code, error.http_status) == ("a", "competitor_failed", 502)


@pytest.mark.parametrize(
    "kind", ["unauthenticated", "internal", "rate_limited", "cancelled", "model_not_found"]
)
async def test_what_fails_at_one_competitor_is_tried_at_another(house, kind):
    competitors = [await house.competitor(failing(sent(kind))), await house.competitor()]
    router = await house.router(
        {"id": "a", "url": competitors[0].url, "models": ["m"], "weight": 1_000_000},
        {"id": "b", "url": competitors[1].url, "models": ["m"], "weight": 0.000001},
        router_policy="weighted",
    )
    await router.until_state("HEALTHY", "a", "b")

    events = await router.ask(ask("m"))

    assert events[-1].HasField("finish")
    assert [len(competitor.requests) for competitor in competitors] == [1, 1]
