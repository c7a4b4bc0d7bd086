"""Which path answers, and why."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from janus_mesh.errors import JanusError


class Path(StrEnum):
    """How an answer is made."""

    FAST = "fast"  # one call of the model
    COMPLEX = "complex"  # an agent in a sandbox


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision. `rule` is the short name of what decided; `reason` says it in a plain ASCII sentence."""

    path: Path
    rule: str
    reason: str
    certain: bool = True  # else a model may be asked for its opinion
    obstacle: JanusError | None = None  # why the complex path could not be taken

    @property
    def demanded(self) -> bool:
        return self.rule == "demand"

    def hindered(self, obstacle: JanusError) -> "Verdict":
        """The fast path in place of the complex one."""
        return replace(
            self, path=Path.FAST, reason=f"{self.reason}; but {obstacle.message}", obstacle=obstacle
        )

    def payload(self) -> dict[str, Any]:
        """Of the event `path`."""
        told: dict[str, Any] = {"path": self.path, "rule": self.rule, "reason": self.reason}
        if self.obstacle is not None:
            told |= {"wanted": Path.COMPLEX, "obstacle": self.obstacle.code}
        return told
