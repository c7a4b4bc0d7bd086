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
_BY_HAND = "install it into a folder of JANUS_SANDBOX_IMAGE"

AGENTS: dict[AgentName, Agent] = {
    "aider": Agent("aider", _MAKE),
    "mini-swe-agent": Agent("mini", _MAKE),
    "pi": Agent("pi", _MAKE),
    "opencode": Agent("opencode", _BY_HAND),
    "codex": Agent("codex", _BY_HAND, "it speaks OpenAI's Responses API, which the inference proxy does not"),
    "claude-code": Agent(
        "claude", _BY_HAND, "it speaks Anthropic's Messages API, which the inference proxy does not"
    ),
    "openhands": Agent("openhands", _BY_HAND),
}
