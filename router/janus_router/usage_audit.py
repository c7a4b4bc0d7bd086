"""A competitor's own figures beside the metered ones: where they disagree, the metered ones count.

What the platform services did not see they cannot judge: a competitor that asked no model through them
keeps the tokens that it reported.
"""

import json

from janus_proto._gen.janus.chat.v1 import event_pb2

from .platform import Metered

# Rounding on either side is no lie.
_COST_SLACK = 0.01
_SANDBOX_SLACK_SECONDS = 1.0


def audit(finish: event_pb2.Finish, metered: Metered) -> list[str]:
    """Puts the metered figures into `finish`, and returns the names of those that were reported otherwise.

    When there are any, what was reported stays visible as `usage.janus.reported`.
    """
    reported = event_pb2.Usage()
    reported.CopyFrom(finish.usage)
    said = finish.HasField("usage")
    usage, wrong = finish.usage, []
    if metered.inference_calls and not (metered.estimated and said):
        pairs = (("prompt_tokens", metered.prompt_tokens), ("completion_tokens", metered.completion_tokens))
        wrong = [name for name, count in pairs if said and getattr(reported, name) != count]
        for name, count in pairs:
            setattr(usage, name, count)
        usage.total_tokens = metered.prompt_tokens + metered.completion_tokens
    if reported.HasField("cost_usd") and _differs(
        reported.cost_usd, metered.cost_usd, metered.cost_usd * _COST_SLACK + 1e-9
    ):
        wrong.append("cost_usd")
    usage.cost_usd = metered.cost_usd
    if reported.HasField("sandbox_seconds") and _differs(
        reported.sandbox_seconds, metered.sandbox_seconds, _SANDBOX_SLACK_SECONDS
    ):
        wrong.append("sandbox_seconds")
    if metered.sandbox_seconds or reported.HasField("sandbox_seconds"):
        usage.sandbox_seconds = metered.sandbox_seconds
    if wrong:
        _flag(usage, reported, wrong)
    return wrong


def _differs(reported: float, metered: float, slack: float) -> bool:
    return not abs(reported - metered) <= slack  # NaN differs


def _flag(usage: event_pb2.Usage, reported: event_pb2.Usage, wrong: list[str]) -> None:
    claimed = {name: getattr(reported, name) for name in wrong}
    # JSON has no NaN and no infinity.
    safe = {name: value if abs(value) < 1e15 else None for name, value in claimed.items()}
    usage.extra_json = json.dumps({**_extra(usage), "janus": {"source": "metered", "reported": safe}})


def _extra(usage: event_pb2.Usage) -> dict[str, object]:
    """The competitor's further fields; a native one may have written what is no JSON object."""
    try:
        extra = json.loads(usage.extra_json or "{}")
    except ValueError:
        return {}
    return extra if isinstance(extra, dict) else {}
