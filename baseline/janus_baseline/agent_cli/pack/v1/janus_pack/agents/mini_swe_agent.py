"""mini-swe-agent: a model and a shell, turn by turn; `mini_steps` tells the turns from inside."""

from .. import steps
from ..child import Child, openai_variables
from ..order import PACK, RUN, Order


def run(order: Order) -> int:
    child = Child(_command(order), _variables(order))
    for line in child:
        steps.repeat(line)
    return child.exit_code()


def _command(order: Order) -> list[str]:
    tokens = f"model.model_kwargs.max_tokens={order.max_tokens}"
    return [
        *("mini", "-y", "--exit-immediately", "-m", f"openai/{order.model}"),
        *("-c", str(PACK / "config" / "mini.yaml"), "-c", tokens),
        *("-o", str(RUN / "mini.json"), "-t", order.task),
    ]


def _variables(order: Order) -> dict[str, str]:
    return {
        **openai_variables(order.base_url),
        "MSWEA_CONFIGURED": "true",
        "MSWEA_SILENT_STARTUP": "1",
        "MSWEA_COST_TRACKING": "ignore_errors",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONPATH": str(PACK),
    }
