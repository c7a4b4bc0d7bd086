"""Which agents are installed for sandboxes, and which folders a sandbox must see for them to run."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

FOLDER = "JANUS_AGENTS"
IMAGE = "JANUS_SANDBOX_IMAGE"
INSTALL = "make agents"
_DEFAULT = Path(".cache", "agents")
# The programs of the agents that `make agents` installs, and those of `make agents-extra`.
_PROGRAMS = {
    "aider": "aider",
    "mini-swe-agent": "mini",
    "pi": "pi",
    "opencode": "opencode",
    "codex": "codex",
    "claude-code": "claude",
}
# What every sandbox sees anyway.
_SEEN = Path("/usr")


def folder(environment: Mapping[str, str]) -> Path:
    return Path(environment.get(FOLDER) or _DEFAULT).resolve()


def installed(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the agents whose programs are there."""
    programs = folder(environment) / "bin"
    return tuple(name for name, program in _PROGRAMS.items() if (programs / program).exists())


def image(environment: Mapping[str, str]) -> str:
    """The folders that sandboxes are to see, `:` between; the user's own choice wins."""
    if own := environment.get(IMAGE, ""):
        return own
    names = installed(environment)
    if not names:
        return ""
    agents = folder(environment)
    parts = [agents, *(_interpreter(agents / name) for name in names)]
    return ":".join(dict.fromkeys(str(part) for part in parts if part is not None))


def _interpreter(agent: Path) -> Path | None:
    """The folder of the Python or Node that runs an agent, where sandboxes do not see it yet."""
    python = agent / "bin" / "python"
    program = python if python.exists() else shutil.which("node")
    if program is None:
        return None
    prefix = Path(os.path.realpath(program)).parents[1]
    return None if prefix.is_relative_to(_SEEN) or prefix == Path("/") else prefix
