"""Turns an error of a competitor into what it means: nothing that a competitor says of itself is believed.

A native competitor can end an answer with any error kind or bare gRPC status. Its "unauthenticated" or
"internal" is not Janus's: the table below leaves it a verdict on the request (not retried), a lack of
capacity, or a failure (both tried elsewhere). A shim is ours, so a few more kinds of its are believed.
What this process found out itself (its timers, a lost connection) stays as it is.
"""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from janus_mesh.errors import (
    STATUS,
    CompetitorBusy,
    CompetitorFailed,
    CompetitorRejected,
    CompetitorTimeout,
    DeadlineExceeded,
    InvalidRequest,
    JanusError,
    NotFound,
    Overloaded,
    Unavailable,
)
from janus_mesh.plain_text import clean
from janus_proto._gen.janus.chat.v1 import event_pb2

_K = event_pb2.ErrorKind

# What each kind means when a competitor says it; every kind that is not here is a failure.
_MEANING: Final[dict[int, type[JanusError]]] = {
    _K.ERROR_KIND_INVALID_REQUEST: CompetitorRejected,
    _K.ERROR_KIND_PAYLOAD_TOO_LARGE: CompetitorRejected,
    _K.ERROR_KIND_UNSUPPORTED_MEDIA_TYPE: CompetitorRejected,
    _K.ERROR_KIND_COMPETITOR_REJECTED: CompetitorRejected,
    _K.ERROR_KIND_RATE_LIMITED: CompetitorBusy,
    _K.ERROR_KIND_OVERLOADED: CompetitorBusy,
    _K.ERROR_KIND_COMPETITOR_BUSY: CompetitorBusy,
}
# What a shim says for itself: it keeps timers, opens connections, and reads the request.
_BELIEVED_OF_A_SHIM: Final[dict[int, type[JanusError]]] = {
    _K.ERROR_KIND_INVALID_REQUEST: InvalidRequest,
    _K.ERROR_KIND_UNAVAILABLE: Unavailable,
    _K.ERROR_KIND_COMPETITOR_TIMEOUT: CompetitorTimeout,
    _K.ERROR_KIND_DEADLINE_EXCEEDED: DeadlineExceeded,
}
# Statuses from 400 to 499 that say nothing about the request: credentials and addresses that Janus has, or
# the competitor's own timing. 429 is a lack of capacity.
_NO_VERDICT: Final = frozenset({401, 402, 403, 404, 405, 407, 408, 410, 421, 423, 424, 425, 426, 428, 499})
_TOO_MANY_REQUESTS: Final = 429

_LONGEST_MESSAGE = 1_000
_LONGEST_PARAM = 200
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_OWN_CODES: Final = frozenset(row.code for row in STATUS.values())
# Seconds. A client waits at least the first, so that it does not come back at once, and at most the second.
_SHORTEST_WAIT = 1.0
_LONGEST_WAIT = 300.0
# The competitor's clock for the deadline starts later than ours and may round differently.
_DEADLINE_SLACK_SECONDS = 0.1


@contextmanager
def translating(*, native: bool, seconds_left: Callable[[], float]) -> Iterator[None]:
    """Raises what an error of the block means, see `meaning`."""
    try:
        yield
    except JanusError as error:
        meant = meaning(error, native=native, seconds_left=seconds_left())
        if meant is error:
            raise
        for note in getattr(error, "__notes__", ()):
            meant.add_note(note)
        raise meant from None


def meaning(error: JanusError, *, native: bool, seconds_left: float) -> JanusError:
    """Returns the error to act on, and to show the client, for one that an attempt ended with.

    Args:
        error: as the mesh raised it, from the peer or from this process's own timers and connections.
        native: True when the peer is the competitor itself, False when it is a shim.
        seconds_left: of the exchange's deadline, by this process's clock.
    """
    if not error.from_peer:
        return _of_this_process(error)
    if isinstance(error, DeadlineExceeded) and seconds_left <= _DEADLINE_SLACK_SECONDS:
        return DeadlineExceeded("the exchange's deadline passed")
    if not native and error.kind in _BELIEVED_OF_A_SHIM:
        kind = _BELIEVED_OF_A_SHIM[error.kind]
    else:
        kind = _MEANING.get(error.kind, CompetitorFailed)
    if kind is CompetitorRejected:
        kind = _by_status(error.competitor_status)
    return kind(
        _message(error, kind),
        param=clean(error.param, _LONGEST_PARAM)
        if issubclass(kind, CompetitorRejected | InvalidRequest)
        else "",
        code=_code(error, kind),
        competitor_status=_status(error, kind),
        retry_after=_retry_after(error.retry_after, kind),
    )


def artifact_meaning(error: JanusError, competitor_id: str, *, native: bool) -> JanusError:
    """Returns what the failure of an artifact's fetch means to the one who asked for it.

    A native competitor may say that the artifact is gone, or that the range is wrong. A shim, which checks
    addresses and sizes, is believed.
    """
    if not native and error.from_peer:
        meant: JanusError = type(error)(clean(error.message, _LONGEST_MESSAGE), param=error.param)
    elif isinstance(error, NotFound | InvalidRequest):
        meant = type(error)(clean(error.message, _LONGEST_MESSAGE))
    else:
        meant = meaning(error, native=native, seconds_left=math.inf)
    meant.competitor_id = competitor_id
    return meant


def _of_this_process(error: JanusError) -> JanusError:
    if isinstance(error, Overloaded):  # the link carries as many exchanges as the peer said it takes
        return CompetitorBusy(
            "the competitor takes no more exchanges on its connection", retry_after=_SHORTEST_WAIT
        )
    if isinstance(error, Unavailable):
        # What connecting failed with names addresses, which are for the log.
        unreachable = Unavailable(
            "the competitor cannot be reached, or went away", retry_after=error.retry_after
        )
        unreachable.add_note(error.message)
        return unreachable
    return error


def _by_status(status: int) -> type[JanusError]:
    """A verdict on the request, unless the status that goes with it says otherwise."""
    if status == _TOO_MANY_REQUESTS:
        return CompetitorBusy
    if status in _NO_VERDICT or (status and not 400 <= status < 500):
        return CompetitorFailed
    return CompetitorRejected


def _message(error: JanusError, kind: type[JanusError]) -> str:
    said = clean(error.message, _LONGEST_MESSAGE)
    name = _K.Name(error.kind).removeprefix("ERROR_KIND_").lower()  # type: ignore[arg-type]
    if kind is CompetitorFailed and error.kind != CompetitorFailed.kind:
        return f"the competitor ended the answer with `{name}`" + (f": {said}" if said else "")
    return said or f"the competitor ended the answer with `{name}` and no message"


def _code(error: JanusError, kind: type[JanusError]) -> str:
    """The competitor's own code, unless it is malformed or one with which Janus says something else."""
    code = error.explicit_code
    if not _CODE.fullmatch(code):
        return ""
    return code if issubclass(kind, CompetitorRejected | InvalidRequest) or code not in _OWN_CODES else ""


def _status(error: JanusError, kind: type[JanusError]) -> int:
    if kind is CompetitorRejected and not error.competitor_status:
        return STATUS[error.kind].http
    return error.competitor_status if 400 <= error.competitor_status < 600 else 0


def _retry_after(seconds: float, kind: type[JanusError]) -> float:
    wait = min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else 0.0
    return max(wait, _SHORTEST_WAIT) if kind is CompetitorBusy else wait
