"""What scoring needs besides answers: sandboxes and a judge, found or started."""

import dataclasses
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from janus_bench.quality.scoring import JudgeSettings, Scorers
from janus_bench.sandbox.service import ServiceFailed, running_sandboxes
from janus_mesh.errors import Unavailable
from janus_mesh.settings import load

_LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Means:
    """What a run needs and does not write down."""

    sandbox: str | None  # an address, or `local`
    api_key: str = ""
    sandbox_key: str | None = None


@contextmanager
def sandboxes(means: Means) -> Iterator[Means]:
    """Starts a sandbox service of the bench's own where that is asked for: no competitor shares it."""
    if means.sandbox != _LOCAL:
        yield means
        return
    key = secrets.token_urlsafe(24)
    try:
        with running_sandboxes(warm=1, key=key) as port:
            yield dataclasses.replace(means, sandbox=f"http://127.0.0.1:{port}", sandbox_key=key)
    except ServiceFailed as reason:
        raise Unavailable(f"no sandboxes can be made here: {reason}") from reason


def scorers(means: Means) -> Scorers:
    return Scorers(means.sandbox, judge(), sandbox_key=means.sandbox_key)


def judge() -> JudgeSettings | None:
    """The judge that the environment names, if it names one; exits with a line per bad variable."""
    return load(JudgeSettings) if os.environ.get("JANUS_BENCH_JUDGE_URL") else None
