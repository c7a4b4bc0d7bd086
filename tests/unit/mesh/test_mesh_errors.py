"""One table says what each error is on each wire."""

import grpc
import pytest

from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import event_pb2

KINDS = [number for number in event_pb2.ErrorKind.values() if number]


def leaf(kind: int) -> type[errors.JanusError]:
    return type(errors.JanusError.from_proto(event_pb2.Error(kind=kind, message="m")))


@pytest.mark.parametrize("kind", KINDS, ids=event_pb2.ErrorKind.Name)
def test_each_kind_has_a_row_and_a_class_of_its_own(kind: int) -> None:
    assert leaf(kind).kind == kind
    row = errors.STATUS[kind]
    assert row.grpc is not grpc.StatusCode.OK
    assert 400 <= row.http < 600
    assert row.type
    assert row.code


def test_no_two_kinds_share_a_class() -> None:
    assert len({leaf(kind) for kind in KINDS}) == len(KINDS) == len(errors.STATUS)


@pytest.mark.parametrize("kind", KINDS, ids=event_pb2.ErrorKind.Name)
def test_an_error_crosses_the_wire_unchanged(kind: int) -> None:
    sent = event_pb2.Error(
        kind=kind,
        message="the moon is full",
        param="messages[0]",
        code="full_moon",
        competitor_status=418,
        retry_after_seconds=1.5,
        competitor_id="wolf",
    )
    assert errors.JanusError.from_proto(sent).to_proto() == sent


def test_a_kind_of_a_newer_peer_becomes_internal() -> None:
    assert isinstance(errors.JanusError.from_proto(event_pb2.Error(kind=999, message="m")), errors.Internal)


def test_the_openai_body_has_its_four_fields() -> None:
    body = errors.InvalidRequest("n must be at least 1", param="n").openai_body()
    assert body == {
        "error": {
            "message": "n must be at least 1",
            "type": "invalid_request_error",
            "param": "n",
            "code": "invalid_value",
        }
    }


def test_a_competitors_4xx_reaches_the_client_as_it_was() -> None:
    assert errors.CompetitorRejected("no", competitor_status=422).http_status == 422


@pytest.mark.parametrize("status", [0, 200, 302, 500])
def test_what_is_no_4xx_is_not_passed_off_as_one(status: int) -> None:
    assert errors.CompetitorRejected("no", competitor_status=status).http_status == 400


@pytest.mark.parametrize(
    ("code", "details", "expected"),
    [
        (grpc.StatusCode.UNAVAILABLE, "refused", errors.Unavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "late", errors.DeadlineExceeded),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "busy", errors.Overloaded),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "Received message larger than max (9 vs. 4)",
            errors.CompetitorFailed,
        ),
        (grpc.StatusCode.UNIMPLEMENTED, "Method not found!", errors.CompetitorFailed),
        (grpc.StatusCode.CANCELLED, "the peer went away", errors.Unavailable),
    ],
)
def test_a_bare_grpc_status_becomes_a_typed_error(
    code: grpc.StatusCode, details: str, expected: type[errors.JanusError]
) -> None:
    bare = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details=details)
    typed = errors.from_grpc(bare)
    assert type(typed) is expected
    assert details in typed.message + "".join(getattr(typed, "__notes__", []))


def test_what_grpc_says_of_a_connection_is_kept_from_the_caller() -> None:
    bare = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), details="ipv4:10.0.0.7:50051"
    )
    typed = errors.from_grpc(bare)
    assert "10.0.0.7" not in typed.message
    assert "10.0.0.7" in typed.__notes__[0]


def test_an_error_crosses_a_call_whole() -> None:
    refused = errors.InvalidRequest("too many", param="lease_seconds", code="lease_too_long")
    trailer = grpc.aio.Metadata(*errors.trailer(refused))
    bare = grpc.aio.AioRpcError(grpc.StatusCode.INVALID_ARGUMENT, grpc.aio.Metadata(), trailer, details="x")
    typed = errors.from_grpc(bare)
    assert (type(typed), typed.message, typed.param, typed.code) == (
        errors.InvalidRequest,
        "too many",
        "lease_seconds",
        "lease_too_long",
    )


def test_a_trailer_that_is_no_error_counts_for_nothing() -> None:
    trailer = grpc.aio.Metadata((errors.trailer(errors.NotFound("x"))[0][0], b"\xff\xff\xff"))
    bare = grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), trailer, details="gone")
    assert type(errors.from_grpc(bare)) is errors.NotFound
