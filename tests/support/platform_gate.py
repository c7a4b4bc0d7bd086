"""Callers of the platform services with tokens, and the lines that the egress log wrote of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from structlog.testing import capture_logs

from janus_mesh.headers import TOKEN
from janus_mesh.request_token import mint
from janus_platform.gate.caller import Doorkeeper
from janus_platform.gate.gate import Gate
from janus_platform.gate.rates import Rates

KEY = "k" * 32


def guarded(*, require_token: bool = False, per_second: float = 0, burst: int = 1) -> Gate:
    """A gate that knows the key."""
    return Gate(Doorkeeper(KEY, require_token=require_token), Rates(per_second, burst))


def token(
    competitor: str = "my-agent", request: str = "req_1", *, budget: float = 1.0, key: str = KEY
) -> str:
    return mint(key, competitor, request, lifetime=60, budget_usd=budget)


def shown(*args: Any, **fields: Any) -> dict[str, str]:
    """The header that shows a token, made as by `token`."""
    return {TOKEN: token(*args, **fields)}


@contextmanager
def egress_lines() -> Iterator[list[dict[str, Any]]]:
    """The egress log of a block, complete when it is left."""
    found: list[dict[str, Any]] = []
    with capture_logs() as lines:
        yield found
    found += [line for line in lines if line["event"] == "egress"]
