"""What an answer by an agent took, as the platform counted it."""

from typing import Any

from janus_mesh import logs
from janus_mesh.errors import JanusError

from .workplace import Workplace

log = logs.get("agent_cli.usage")

_FIELDS = ("prompt_tokens", "completion_tokens", "total_tokens", "cost_usd", "sandbox_seconds")


async def figures(workplace: Workplace) -> dict[str, Any]:
    """OpenAI's `usage` with Janus's own figures; without an account only the sandbox's time is known."""
    known: dict[str, Any] = {"sandbox_seconds": round(workplace.seconds, 3)}
    if not workplace.account.charged:
        return known
    try:
        counted = await workplace.account.object("GET", "/v1/usage", timeout=2.0)
    except JanusError as error:
        log.info("no metered figures", reason=error.message)
        return known
    return known | {name: counted[name] for name in _FIELDS if isinstance(counted.get(name), int | float)}
