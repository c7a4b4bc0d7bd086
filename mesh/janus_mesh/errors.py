"""Every error that a caller of Janus can see, and what each becomes on the wire.

    JanusError
    ├── RequestError              the caller's fault
    │   ├── InvalidRequest        400
    │   ├── Unauthenticated       401
    │   ├── PermissionDenied      403
    │   ├── ModelNotFound         404
    │   ├── NotFound              404
    │   ├── RequestTimeout        408
    │   ├── Conflict              409
    │   ├── PayloadTooLarge       413
    │   ├── UnsupportedMediaType  415
    │   └── RateLimited           429
    ├── Cancelled                 499, the caller left
    ├── CompetitorError           the competitor's fault
    │   ├── CompetitorRejected    the competitor's own 4xx
    │   ├── CompetitorFailed      502
    │   ├── CompetitorBusy        429, the competitor has no capacity now
    │   └── CompetitorTimeout     504
    ├── Overloaded                429, no room now
    ├── Unavailable               503, nobody there
    ├── DeadlineExceeded          504
    └── Internal                  500, Janus's own fault

`STATUS` is the only place where a kind is turned into a gRPC status, an HTTP status, an OpenAI
`type` and `code`, and the answer to "may it be tried elsewhere?".
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import grpc
from google.protobuf.message import DecodeError

from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

_K = pb.ErrorKind
_S = grpc.StatusCode


@dataclass(frozen=True, slots=True)
class Status:
    """One row of the table: what a kind of error is on each wire."""

    grpc: grpc.StatusCode
    http: int
    type: str
    code: str
    retryable: bool  # safe to try again or elsewhere, as long as no event was delivered


STATUS: dict[int, Status] = {
    _K.ERROR_KIND_INVALID_REQUEST: Status(
        _S.INVALID_ARGUMENT, 400, "invalid_request_error", "invalid_value", False
    ),
    _K.ERROR_KIND_UNAUTHENTICATED: Status(
        _S.UNAUTHENTICATED, 401, "authentication_error", "invalid_api_key", False
    ),
    _K.ERROR_KIND_PERMISSION_DENIED: Status(
        _S.PERMISSION_DENIED, 403, "permission_error", "permission_denied", False
    ),
    _K.ERROR_KIND_MODEL_NOT_FOUND: Status(
        _S.NOT_FOUND, 404, "invalid_request_error", "model_not_found", False
    ),
    _K.ERROR_KIND_NOT_FOUND: Status(_S.NOT_FOUND, 404, "invalid_request_error", "not_found", False),
    _K.ERROR_KIND_REQUEST_TIMEOUT: Status(_S.CANCELLED, 408, "timeout_error", "request_timeout", False),
    _K.ERROR_KIND_CONFLICT: Status(_S.ALREADY_EXISTS, 409, "invalid_request_error", "conflict", False),
    _K.ERROR_KIND_PAYLOAD_TOO_LARGE: Status(
        _S.OUT_OF_RANGE, 413, "invalid_request_error", "request_too_large", False
    ),
    _K.ERROR_KIND_UNSUPPORTED_MEDIA_TYPE: Status(
        _S.INVALID_ARGUMENT, 415, "invalid_request_error", "unsupported_media_type", False
    ),
    _K.ERROR_KIND_RATE_LIMITED: Status(
        _S.RESOURCE_EXHAUSTED, 429, "rate_limit_error", "rate_limit_exceeded", False
    ),
    _K.ERROR_KIND_OVERLOADED: Status(_S.RESOURCE_EXHAUSTED, 429, "overloaded_error", "overloaded", True),
    _K.ERROR_KIND_CANCELLED: Status(_S.CANCELLED, 499, "cancelled", "client_closed_request", False),
    _K.ERROR_KIND_UNAVAILABLE: Status(
        _S.UNAVAILABLE, 503, "service_unavailable_error", "competitor_unavailable", True
    ),
    _K.ERROR_KIND_COMPETITOR_REJECTED: Status(
        _S.FAILED_PRECONDITION, 400, "invalid_request_error", "competitor_rejected", False
    ),
    _K.ERROR_KIND_COMPETITOR_FAILED: Status(_S.ABORTED, 502, "competitor_error", "competitor_failed", True),
    _K.ERROR_KIND_COMPETITOR_BUSY: Status(
        _S.RESOURCE_EXHAUSTED, 429, "rate_limit_error", "competitor_busy", True
    ),
    _K.ERROR_KIND_COMPETITOR_TIMEOUT: Status(
        _S.DEADLINE_EXCEEDED, 504, "timeout_error", "competitor_timeout", True
    ),
    _K.ERROR_KIND_DEADLINE_EXCEEDED: Status(
        _S.DEADLINE_EXCEEDED, 504, "timeout_error", "deadline_exceeded", False
    ),
    _K.ERROR_KIND_INTERNAL: Status(_S.INTERNAL, 500, "server_error", "internal_error", False),
}


class JanusError(Exception):
    """Root of the tree. `message` is one sentence for people and holds no secret."""

    kind: ClassVar[int] = _K.ERROR_KIND_INTERNAL

    def __init__(
        self,
        message: str,
        *,
        param: str = "",
        code: str = "",
        competitor_status: int = 0,
        retry_after: float = 0.0,
        competitor_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.competitor_status = competitor_status
        self.retry_after = retry_after
        self.competitor_id = competitor_id
        # True when a peer sent this error, False when this process raised it itself. A peer may be hostile.
        self.from_peer = False
        self._code = code

    @property
    def status(self) -> Status:
        return STATUS[self.kind]

    @property
    def code(self) -> str:
        """OpenAI's `code`: the particular one if given, else the kind's."""
        return self._code or self.status.code

    @property
    def explicit_code(self) -> str:
        """The particular code; '' when the error has its kind's."""
        return self._code

    @property
    def http_status(self) -> int:
        return self.status.http

    @property
    def retryable(self) -> bool:
        return self.status.retryable

    def openai_body(self) -> dict[str, dict[str, str | None]]:
        """`{"error": {message, type, param, code}}` as OpenAI writes it."""
        return {
            "error": {
                "message": self.message,
                "type": self.status.type,
                "param": self.param or None,
                "code": self.code,
            }
        }

    def to_proto(self) -> pb.Error:
        return pb.Error(
            kind=self.kind,  # type: ignore[arg-type]
            message=self.message,
            param=self.param,
            code=self._code,
            competitor_status=self.competitor_status,
            retry_after_seconds=self.retry_after,
            competitor_id=self.competitor_id,
        )

    @staticmethod
    def from_proto(error: pb.Error) -> "JanusError":
        """The error a peer sent; a kind unknown here (a newer peer's) becomes `Internal`."""
        sent = _BY_KIND.get(error.kind, Internal)(
            error.message,
            param=error.param,
            code=error.code,
            competitor_status=error.competitor_status,
            retry_after=error.retry_after_seconds,
            competitor_id=error.competitor_id,
        )
        sent.from_peer = True
        return sent


class RequestError(JanusError):
    """The caller must change something."""


class InvalidRequest(RequestError):
    """A field of the request is wrong; `param` names it."""

    kind = _K.ERROR_KIND_INVALID_REQUEST


class Unauthenticated(RequestError):
    """No or unknown credentials."""

    kind = _K.ERROR_KIND_UNAUTHENTICATED


class PermissionDenied(RequestError):
    """The credentials do not allow it."""

    kind = _K.ERROR_KIND_PERMISSION_DENIED


class ModelNotFound(RequestError):
    """No competitor answers to that model or id."""

    kind = _K.ERROR_KIND_MODEL_NOT_FOUND


class NotFound(RequestError):
    """No such thing."""

    kind = _K.ERROR_KIND_NOT_FOUND


class RequestTimeout(RequestError):
    """The client was too slow to send its request."""

    kind = _K.ERROR_KIND_REQUEST_TIMEOUT


class Conflict(RequestError):
    """What is asked contradicts what is already there."""

    kind = _K.ERROR_KIND_CONFLICT


class PayloadTooLarge(RequestError):
    """The request is larger than allowed."""

    kind = _K.ERROR_KIND_PAYLOAD_TOO_LARGE


class UnsupportedMediaType(RequestError):
    """The body is not said to be JSON."""

    kind = _K.ERROR_KIND_UNSUPPORTED_MEDIA_TYPE


class RateLimited(RequestError):
    """The caller asks more often than it may; `retry_after` says when to come back."""

    kind = _K.ERROR_KIND_RATE_LIMITED


class Cancelled(JanusError):
    """The caller left."""

    kind = _K.ERROR_KIND_CANCELLED


class CompetitorError(JanusError):
    """The competitor is at fault."""


class CompetitorRejected(CompetitorError):
    """The competitor refused the request with a 4xx, which the caller sees as it was."""

    kind = _K.ERROR_KIND_COMPETITOR_REJECTED

    @property
    def http_status(self) -> int:
        return self.competitor_status if 400 <= self.competitor_status < 500 else self.status.http


class CompetitorFailed(CompetitorError):
    """The competitor failed, or answered what is no answer."""

    kind = _K.ERROR_KIND_COMPETITOR_FAILED


class CompetitorBusy(CompetitorError):
    """The competitor has no capacity now; `retry_after` says when it may have some."""

    kind = _K.ERROR_KIND_COMPETITOR_BUSY


class CompetitorTimeout(CompetitorError):
    """The competitor was silent for too long."""

    kind = _K.ERROR_KIND_COMPETITOR_TIMEOUT


class Overloaded(JanusError):
    """No room for one more exchange; `retry_after` says when to come back."""

    kind = _K.ERROR_KIND_OVERLOADED


class Unavailable(JanusError):
    """The peer cannot be reached, or went away."""

    kind = _K.ERROR_KIND_UNAVAILABLE


class DeadlineExceeded(JanusError):
    """The exchange took longer than its deadline."""

    kind = _K.ERROR_KIND_DEADLINE_EXCEEDED


class Internal(JanusError):
    """Janus's own fault."""

    kind = _K.ERROR_KIND_INTERNAL


def _leaves(root: type[JanusError]) -> list[type[JanusError]]:
    below = root.__subclasses__()
    return [leaf for child in below for leaf in _leaves(child)] if below else [root]


_BY_KIND: dict[int, type[JanusError]] = {leaf.kind: leaf for leaf in _leaves(JanusError)}

# What a bare gRPC status means when the peer sent no error event: natively written competitors, and
# failures of the connection itself.
_BY_GRPC: dict[grpc.StatusCode, type[JanusError]] = {
    _S.INVALID_ARGUMENT: InvalidRequest,
    _S.UNAUTHENTICATED: Unauthenticated,
    _S.PERMISSION_DENIED: PermissionDenied,
    _S.NOT_FOUND: NotFound,
    _S.RESOURCE_EXHAUSTED: Overloaded,
    _S.DEADLINE_EXCEEDED: DeadlineExceeded,
}


# Under this key a call that is no chat ends with its error, whole.
_TRAILER = "janus-error-bin"


def trailer(error: JanusError) -> tuple[tuple[str, bytes], ...]:
    """Trailing metadata from which `from_grpc` makes the error again, its field and code included."""
    return ((_TRAILER, error.to_proto().SerializeToString()),)


def from_grpc(error: grpc.aio.AioRpcError) -> JanusError:
    """The typed error for a call that ended with a status and no error event.

    What gRPC says of a broken connection names addresses that are no caller's business; it stays
    with the error as a note, for the log.
    """
    for key, value in error.trailing_metadata() or ():
        if key == _TRAILER and isinstance(value, bytes):
            with suppress(DecodeError):  # whoever ends a call may write anything there
                return JanusError.from_proto(pb.Error.FromString(value))
    code = error.code()
    details = error.details() or "no details given"
    if code in (_S.UNAVAILABLE, _S.CANCELLED):
        typed: JanusError = Unavailable("the peer cannot be reached, or went away")
        typed.add_note(f"{code.name}: {details}")
        typed.from_peer = code is _S.CANCELLED
        return typed
    # gRPC uses RESOURCE_EXHAUSTED for messages over the size limit too; that is no matter of load.
    if code is _S.RESOURCE_EXHAUSTED and "larger than max" in details:
        ended: JanusError = CompetitorFailed(f"the peer's message is too large: {details}")
    else:
        ended = _BY_GRPC.get(code, CompetitorFailed)(f"the peer ended the call with {code.name}: {details}")
    ended.from_peer = True
    return ended
