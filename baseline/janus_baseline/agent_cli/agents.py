"""The agents that can be chosen: the program of each, where it comes from, and what speaks against it."""

from dataclasses import dataclass
from typing import Literal

AgentName = Literal["aider", "mini-swe-agent", "pi", "opencode", "codex", "claude-code", "openhands"]


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent as the baseline knows it; how it is called stands in the pack."""

    program: str
    source: str  # what puts its program where sandboxes see it
    reservation: str = ""  # said when it fails

    def missing(self, name: str) -> str:
        """One sentence for whoever asked for it."""
        return f"the agent {name} is not installed: no program {self.program!r} in the sandbox; {self.source}"


_MAKE = "`make agents` installs it"
_MAKE_EXTRA = "`make agents-extra` installs it"
_BY_HAND = "install it into a folder of JANUS_SANDBOX_IMAGE"

AGENTS: dict[AgentName, Agent] = {
    "aider": Agent("aider", _MAKE),
    "mini-swe-agent": Agent("mini", _MAKE),
    "pi": Agent("pi", _MAKE),
    "opencode": Agent("opencode", _MAKE),
    "codex": Agent("codex", _MAKE_EXTRA, "it needs a provider that speaks OpenAI's Responses API"),
    "claude-code": Agent("claude", _MAKE_EXTRA, "it needs a provider that speaks Anthropic's Messages API"),
    "openhands": Agent("openhands", _BY_HAND),
}
