"""Agents that are only started and listened to: what they print is their answer, their complaints pass by."""

from collections.abc import Callable

from .. import steps
from ..child import Child, openai_variables
from ..order import Order

_COMMANDS: dict[str, Callable[[Order, str], list[str]]] = {
    "opencode": lambda order, task: ["opencode", "run", "--model", f"openai/{order.model}", task],
    "codex": lambda order, task: [
        *(
            "codex",
            "exec",
            "--skip-git-repo-check",
            "--sandbox",
            "danger-full-access",
            "--model",
            order.model,
        ),
        task,
    ],
    "claude-code": lambda order, task: [
        *("claude", "-p", "--model", order.model, "--dangerously-skip-permissions"),
        task,
    ],
    "openhands": lambda _, task: ["openhands", "--headless", "-t", task],
}


def run(name: str, order: Order) -> int:
    """Raises `KeyError` for an agent that nobody knows."""
    task = f"{order.system}\n\n{order.task}"
    child = Child(_COMMANDS[name](order, task), _variables(order))
    for line in child:
        steps.answer(line + "\n")
    return child.exit_code()


def _variables(order: Order) -> dict[str, str]:
    return {
        **openai_variables(order.base_url),
        "LLM_MODEL": f"openai/{order.model}",
        "LLM_BASE_URL": order.base_url,
        "LLM_API_KEY": "none",
        "ANTHROPIC_BASE_URL": order.base_url.removesuffix("/v1"),
        "ANTHROPIC_API_KEY": "none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
    }
