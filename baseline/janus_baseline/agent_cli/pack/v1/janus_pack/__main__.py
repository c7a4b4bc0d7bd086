"""`python3 -m janus_pack AGENT`: runs one agent on the task beside it; exits as the agent does."""

import sys

from .agents import aider, mini_swe_agent, pi, plain
from .order import read_order

_OWN = {"aider": aider.run, "mini-swe-agent": mini_swe_agent.run, "pi": pi.run}


def main() -> int:
    (name,) = sys.argv[1:]
    order = read_order()
    own = _OWN.get(name)
    return own(order) if own else plain.run(name, order)


sys.exit(main())
