"""What the agent is to do, as the baseline left it beside this package."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

PACK = Path(__file__).resolve().parent.parent
RUN = PACK / "run"
WORKSPACE = Path("/workspace")


@dataclass(frozen=True)
class Order:
    """The task in words, the model to ask, and where it is asked."""

    task: str
    system: str
    model: str
    base_url: str
    max_tokens: int  # of one turn of the model

    @property
    def inputs(self) -> list[str]:
        """The user's own files."""
        folder = WORKSPACE / "inputs"
        return sorted(str(path) for path in folder.rglob("*") if path.is_file())


def read_order(environment: Optional[dict[str, str]] = None) -> Order:
    variables = os.environ if environment is None else environment
    return Order(
        task=(PACK / "task.md").read_text(encoding="utf-8"),
        system=(PACK / "SYSTEM.md").read_text(encoding="utf-8"),
        model=variables["JANUS_AGENT_MODEL"],
        base_url=variables["JANUS_PLATFORM_URL"] + "/v1",
        max_tokens=int(variables.get("JANUS_AGENT_MAX_TOKENS", "8192")),
    )
