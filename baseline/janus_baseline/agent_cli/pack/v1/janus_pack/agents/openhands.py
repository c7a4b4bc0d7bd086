"""openhands is only started and listened to: what it prints is its answer, its complaints pass by."""

from .. import steps
from ..child import Child, openai_variables
from ..order import Order


def run(order: Order) -> int:
    child = Child(_command(order), _variables(order))
    for line in child:
        steps.answer(line + "\n")
    return child.exit_code()


def _command(order: Order) -> list[str]:
    return ["openhands", "--headless", "-t", f"{order.system}\n\n{order.task}"]


def _variables(order: Order) -> dict[str, str]:
    return {
        **openai_variables(order.base_url),
        "LLM_MODEL": f"openai/{order.model}",
        "LLM_BASE_URL": order.base_url,
        "LLM_API_KEY": "none",
    }
