"""`python3 -m janus_pack AGENT`: runs one agent on the task beside it; exits as the agent does."""

import sys

from .agents import aider, claude_code, codex, mini_swe_agent, opencode, openhands, pi
from .order import read_order

_RUN = {
    "aider": aider.run,
    "mini-swe-agent": mini_swe_agent.run,
    "pi": pi.run,
    "opencode": opencode.run,
    "codex": codex.run,
    "claude-code": claude_code.run,
    "openhands": openhands.run,
}


def main() -> int:
    (name,) = sys.argv[1:]
    return _RUN[name](read_order())


sys.exit(main())
