"""Who may answer: from what was asked to the candidates, and from those to one.

Pure functions of the registry's present state; waiting and retrying are `routing`'s.
"""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from janus_mesh.errors import JanusError, ModelNotFound, Unavailable
from janus_proto._gen.janus.chat.v1 import request_pb2

from .competitor import Competitor, State
from .registry import Registry

_NAMED_IN_ERRORS = 5
_RETRY_EMPTY_SECONDS = 5.0

Reason = Literal["competitor_id", "model", "default"]
PolicyName = Literal["least_loaded", "weighted"]
Policy = Callable[[Sequence[Competitor]], Competitor]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller wants, kept before the request is rewritten for a competitor."""

    competitor_id: str
    model: str
    any_model: bool  # the model named is the router's default, or none

    @property
    def reason(self) -> Reason:
        """What decides who may answer."""
        if self.competitor_id:
            return "competitor_id"
        return "default" if self.any_model else "model"

    def model_for(self, competitor: Competitor) -> str:
        """The model to forward: the competitor's own when the caller left it open."""
        return competitor.entry.own_model if self.any_model else self.model


def understand(request: request_pb2.ChatRequest, default_model: str) -> Asked:
    """Reads the request's wish."""
    return Asked(request.competitor_id, request.model, request.model in ("", default_model))


def candidates(asked: Asked, registry: Registry) -> tuple[Competitor, ...]:
    """All that could answer, in whatever condition."""
    match asked.reason:
        case "competitor_id":
            competitor = registry.get(asked.competitor_id)
            return (competitor,) if competitor else ()
        case "model":
            return registry.serving(asked.model)
    return tuple(competitor for competitor in registry.competitors if competitor.entry.default)


def available(
    asked: Asked, registry: Registry, tried: Collection[Competitor] = (), caller: str = ""
) -> Sequence[Competitor]:
    """Those that may take a request now: the untried before the tried, the healthy before the unknown.

    When nobody is left but ejected ones, because the caller asked for one or because all are, a request
    that was not tried yet may be a probe of theirs, within their bound.

    Raises `ModelNotFound` when there is nobody who could answer, and `Unavailable`, with the reasons,
    when nobody can now.
    """
    found = candidates(asked, registry)
    if not found:
        raise _nobody(asked, registry)
    ready = [competitor for competitor in found if competitor.available]
    if not ready and not tried:
        ready = [competitor for competitor in found if competitor.admits_probe(caller)]
    if not ready:
        raise _none_available(found, caller)
    untried = [competitor for competitor in ready if competitor not in tried] or ready
    known = [competitor for competitor in untried if competitor.condition.state is not State.CONNECTING]
    return known or untried


def policy(name: PolicyName, rng: random.Random) -> Policy:
    """How one of several is chosen. `rng` decides ties and shares."""

    def least_loaded(choice: Sequence[Competitor]) -> Competitor:
        loads = [competitor.gate.live / competitor.entry.weight for competitor in choice]
        lowest = min(loads)
        return rng.choice([c for c, load in zip(choice, loads, strict=True) if load == lowest])

    def weighted(choice: Sequence[Competitor]) -> Competitor:
        return rng.choices(choice, [competitor.entry.weight for competitor in choice])[0]

    return {"least_loaded": least_loaded, "weighted": weighted}[name]


def _nobody(asked: Asked, registry: Registry) -> JanusError:
    known = ", ".join(competitor.id for competitor in islice(registry.competitors, _NAMED_IN_ERRORS))
    hint = f"known ids: {known}" if known else "no competitor is registered"
    match asked.reason:
        case "competitor_id":
            message = f"there is no competitor `{asked.competitor_id}`; {hint}"
            return ModelNotFound(message, param="competitor_id")
        case "model":
            return ModelNotFound(f"no competitor answers to the model `{asked.model}`; {hint}", param="model")
    reason = "no competitor answers by default" if registry.competitors else "no competitor is registered"
    return Unavailable(reason, retry_after=_RETRY_EMPTY_SECONDS)


def _none_available(found: Sequence[Competitor], caller: str) -> Unavailable:
    reasons = [competitor.refusal(caller) for competitor in islice(found, _NAMED_IN_ERRORS)]
    return Unavailable(
        f"no competitor asked for is available: {'; '.join(reasons)}",
        retry_after=min(competitor.retry_after(caller) for competitor in found),
        competitor_id=found[0].id if len(found) == 1 else "",
    )
