"""codex: a model and a shell over OpenAI's Responses API, which tells its doings as lines of JSON."""

import json
from typing import Any

from .. import steps
from ..child import Child
from ..order import RUN, Order

_HOME = RUN / "codex"


def run(order: Order) -> int:
    _HOME.mkdir(parents=True, exist_ok=True)
    narration = Narration()
    child = Child(_command(order), {"CODEX_HOME": str(_HOME)})
    return steps.narrated(child, narration.tell) or narration.failed


def _command(order: Order) -> list[str]:
    settings = {
        "model": order.model,
        "model_provider": "janus",
        "model_providers.janus": {"name": "Janus", "base_url": order.base_url, "wire_api": "responses"},
        "developer_instructions": order.system,
        "web_search": "disabled",
        "check_for_update_on_startup": False,
        "analytics.enabled": False,
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={_toml(value)}")]
    # The sandbox is ours already; one within it would need what ours forbids.
    free = "--dangerously-bypass-approvals-and-sandbox"
    return ["codex", "exec", "--json", "--skip-git-repo-check", free, *options, "--", order.task]


def _toml(value: Any) -> str:
    """Strings and truth values are written alike in JSON and in TOML, tables are not."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + "}"
    return json.dumps(value)


class Narration:
    """What codex does, as steps."""

    def __init__(self) -> None:
        self.failed = 0
        self._said = ""  # its latest words, which are the answer if nothing follows
        self._tools: dict[str, steps.Tool] = {}

    def tell(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if kind in ("item.started", "item.completed"):
            self._item(event.get("item") or {}, done=kind == "item.completed")
        elif kind == "turn.completed":
            steps.answer(self._said)
            self._said = ""
        elif kind in ("turn.failed", "error"):
            self.failed = 1
            error = event.get("error") or event
            steps.reasoning(f"{error.get('message') or 'The model failed.'}\n")

    def _item(self, item: dict[str, Any], *, done: bool) -> None:
        kind, item_id = str(item.get("type")), str(item.get("id"))
        if kind == "agent_message":
            self._over()
            self._said = str(item.get("text", ""))
        elif kind in ("reasoning", "error"):
            steps.reasoning(f"{item.get('text') or item.get('message') or ''}\n")
        else:
            self._over()
            tool = self._tools.pop(item_id, None) or steps.Tool(item_id, kind, _arguments(item))
            if done:
                ok = item.get("status") in (None, "completed")
                tool.end(str(item.get("aggregated_output", "")), ok=ok)
            else:
                self._tools[item_id] = tool

    def _over(self) -> None:
        """What was said last was not the end."""
        if self._said:
            steps.reasoning(f"{self._said}\n")
        self._said = ""


def _arguments(item: dict[str, Any]) -> dict[str, Any]:
    shown = ("command", "changes", "query", "tool", "arguments")
    return {name: item[name] for name in shown if name in item}
