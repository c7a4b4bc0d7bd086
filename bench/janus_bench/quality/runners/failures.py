"""From what went wrong to the `Failure` that is written down: the same words over either transport."""

import orjson

from janus_bench.quality.json_shapes import member, text
from janus_bench.quality.task import Failure
from janus_mesh.errors import CompetitorFailed, CompetitorTimeout, JanusError, Unavailable


def of_error(error: JanusError) -> Failure:
    return Failure(type=error.status.type, code=error.code, message=error.message)


def of_body(status: int, body: bytes) -> Failure:
    """A refusal over HTTP: OpenAI's error object where there is one."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    said = of_error_object(member(told, "error"))
    return said or Failure(type="http_error", code=f"http_{status}", message=f"status {status}")


def of_error_object(error: object) -> Failure | None:
    """OpenAI's `{"message", "type", "code"}`; None when that is no object."""
    if isinstance(error, str) and error:
        return Failure(type="competitor_error", code=None, message=error[:2000])
    if not isinstance(error, dict):
        return None
    code = error.get("code")
    return Failure(
        type=text(error, "type") or "competitor_error",
        code=None if code is None else str(code)[:200],
        message=text(error, "message")[:2000],
    )


def unreachable(why: str) -> Failure:
    return of_error(Unavailable(f"the target cannot be reached: {why}"))


def cut_off(how: str) -> Failure:
    return of_error(CompetitorFailed(f"the answer broke off: {how}", code="stream_cut"))


def too_much(what: str) -> Failure:
    return of_error(CompetitorFailed(f"the answer has more than {what}", code="answer_too_large"))


def too_slow(what: str) -> Failure:
    return of_error(CompetitorTimeout(what))
