"""Puts the metered figures of an answer over the reported ones, and says which ones they are.

`usage.janus.source` in each `finish` with a usage is one of

- `metered`: the platform services saw the model calls of this attempt and counted their tokens and cost;
- `estimated`: they saw them, but a provider did not say what some call took, so they estimated it;
- `reported`: they saw no model call (or were not asked): the tokens are the competitor's own claim. So is
  the cost, unless `usage.janus.cost_source` says `metered`: then the platform metered other services only.

Only `metered` figures are proven. Claims that differ from them stay visible in `usage.janus.reported`.
"""

import json
import math
from dataclasses import dataclass, field
from typing import Literal

from janus_proto._gen.janus.chat.v1 import event_pb2

from .platform import Metered

# Rounding on either side is no lie.
_COST_SLACK = 0.01
_SANDBOX_SLACK_SECONDS = 1.0
# More than any answer can take; a claim beyond it is dropped.
_MOST_TOKENS = 10**9
_MOST_AMOUNT = 1e6
_COUNTS: tuple[Literal["prompt_tokens", "completion_tokens", "total_tokens"], ...] = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
)
_AMOUNTS: tuple[Literal["cost_usd", "sandbox_seconds"], ...] = ("cost_usd", "sandbox_seconds")

Source = Literal["metered", "estimated", "reported"]


@dataclass(frozen=True, slots=True)
class Audited:
    """The outcome for one answer."""

    source: Source
    cost_source: Source
    wrong: list[str] = field(default_factory=list)  # names of the figures that were claimed otherwise


def audit(finish: event_pb2.Finish, metered: Metered | None) -> Audited:
    """Puts the metered figures, if there are any, into `finish`, and the source of its figures.

    A `finish` for which nothing was reported and nothing was metered keeps no usage: unknown is not zero.
    """
    said = finish.HasField("usage")
    if metered is None and not said:
        return Audited("reported", "reported")
    usage = finish.usage
    dropped = drop_impossible(usage)
    if metered is None:
        audited = Audited("reported", "reported", list(dropped))
        _mark(usage, audited, dropped)
        return audited
    reported = event_pb2.Usage()
    reported.CopyFrom(usage)
    wrong = [*_put_tokens(usage, metered, said=said), *_put_amounts(usage, metered)]
    claimed = {name: getattr(reported, name) for name in wrong} | dropped
    measured: Source = "estimated" if metered.estimated else "metered"
    audited = Audited(measured if metered.inference_calls else "reported", measured, list(claimed))
    _mark(usage, audited, claimed)
    return audited


def mark_interim(usage: event_pb2.Usage) -> None:
    """Marks a usage that a competitor sends in the middle of its answer as its own claim."""
    dropped = drop_impossible(usage)
    _mark(usage, Audited("reported", "reported"), dropped)


def drop_impossible(usage: event_pb2.Usage) -> dict[str, float | None]:
    """Clears figures that cannot be: too many tokens, a negative, infinite or undefined amount.

    Returns what was claimed, by name; None where JSON has no such number.
    """
    dropped: dict[str, float | None] = {}
    for name in _COUNTS:
        count = getattr(usage, name)
        if count > _MOST_TOKENS:
            dropped[name] = count
            usage.ClearField(name)
    for figure in _AMOUNTS:
        amount = getattr(usage, figure)
        if not 0 <= amount <= _MOST_AMOUNT:  # NaN is not
            dropped[figure] = amount if math.isfinite(amount) else None
            usage.ClearField(figure)
    return dropped


def _put_tokens(usage: event_pb2.Usage, metered: Metered, *, said: bool) -> list[str]:
    if not metered.inference_calls:
        return []
    pairs = (("prompt_tokens", metered.prompt_tokens), ("completion_tokens", metered.completion_tokens))
    wrong = [name for name, count in pairs if said and getattr(usage, name) != count]
    for name, count in pairs:
        setattr(usage, name, count)
    usage.total_tokens = metered.prompt_tokens + metered.completion_tokens
    return wrong


def _put_amounts(usage: event_pb2.Usage, metered: Metered) -> list[str]:
    wrong = []
    slack = metered.cost_usd * _COST_SLACK + 1e-9
    if usage.HasField("cost_usd") and abs(usage.cost_usd - metered.cost_usd) > slack:
        wrong.append("cost_usd")
    usage.cost_usd = metered.cost_usd
    if usage.HasField("sandbox_seconds"):
        if abs(usage.sandbox_seconds - metered.sandbox_seconds) > _SANDBOX_SLACK_SECONDS:
            wrong.append("sandbox_seconds")
        usage.sandbox_seconds = metered.sandbox_seconds
    elif metered.sandbox_seconds:
        usage.sandbox_seconds = metered.sandbox_seconds
    return wrong


def _mark(usage: event_pb2.Usage, audited: Audited, claimed: dict[str, float | None]) -> None:
    janus: dict[str, object] = {"source": audited.source}
    if audited.cost_source != audited.source:
        janus["cost_source"] = audited.cost_source
    if claimed:
        janus["reported"] = claimed
    usage.extra_json = json.dumps({**_extra(usage), "janus": janus})


def _extra(usage: event_pb2.Usage) -> dict[str, object]:
    """The competitor's further fields; a native one may have written something else than a JSON object."""
    try:
        extra = json.loads(usage.extra_json or "{}")
    except (ValueError, RecursionError):
        return {}
    return extra if isinstance(extra, dict) else {}
