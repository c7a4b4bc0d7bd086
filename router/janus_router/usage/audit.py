"""Puts the metered figures of an answer over the reported ones, and says which ones they are.

`usage.janus.source` in each `finish` with a usage is one of

- `metered`: the platform services saw the model calls of this attempt and counted their tokens and cost;
- `estimated`: they saw them, but a provider did not say what some call took, so they estimated it; or they
  saw none and the competitor reported nothing, so the router estimated the tokens from the text's length;
- `reported`: they saw no model call (or were not asked): the tokens are the competitor's own claim.

A cost is of the same source, unless `usage.janus.cost_source` says otherwise. Claims that differ from the
figures stay visible in `usage.janus.reported`.
"""

import json
import math
from dataclasses import dataclass, field
from typing import Literal

from janus_proto._gen.janus.chat.v1 import event_pb2

from .estimate import Estimate
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


def audit(finish: event_pb2.Finish, metered: Metered | None, guess: Estimate | None = None) -> Audited:
    """Puts the metered figures, if there are any, into `finish`, and the source of its figures.

    Args:
        finish: of a competitor, already without claims about sources.
        metered: what the platform services counted; None when nothing, or when they do not answer.
        guess: tokens for a `finish` without usage, in case nobody counted them.
    """
    said = finish.HasField("usage")
    usage = finish.usage
    dropped = drop_impossible(usage)
    reported = event_pb2.Usage()
    reported.CopyFrom(usage)
    source: Source = "reported"
    cost_source: Source = "reported"
    wrong: list[str] = []
    if metered is not None:
        cost_source = "estimated" if metered.estimated else "metered"
        wrong = _put_amounts(usage, metered)
    if metered is not None and metered.inference_calls:
        source = cost_source
        wrong += _put_tokens(usage, metered.prompt_tokens, metered.completion_tokens, said=said)
    elif not said and guess is not None:
        source = "estimated"
        _put_tokens(usage, guess.prompt_tokens, guess.completion_tokens, said=False)
    claimed = {name: getattr(reported, name) for name in wrong} | dropped
    audited = Audited(source, cost_source, list(claimed))
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


def _put_tokens(usage: event_pb2.Usage, prompt: int, completion: int, *, said: bool) -> list[str]:
    pairs = (("prompt_tokens", prompt), ("completion_tokens", completion))
    wrong = [name for name, count in pairs if said and getattr(usage, name) != count]
    for name, count in pairs:
        setattr(usage, name, count)
    usage.total_tokens = prompt + completion
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
    if usage.HasField("cost_usd") and audited.cost_source != audited.source:
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
