"""pi: a model with tools for files and a shell, which tells its doings as lines of JSON.

Those lines repeat all that was said before, so they are read here and retold in a few words.
"""

import json
from typing import Any

from .. import steps
from ..child import Child
from ..order import PACK, RUN, Order

_HOME = RUN / "pi"


def run(order: Order) -> int:
    _configure(order)
    child = Child(
        _command(order), {"PI_OFFLINE": "1", "PI_TELEMETRY": "0", "PI_CODING_AGENT_DIR": str(_HOME)}
    )
    narration = _Narration()
    return steps.narrated(child, narration.tell) or narration.failed


def _command(order: Order) -> list[str]:
    return [
        *("pi", "--mode", "json", "--no-session", "--offline", "--provider", "janus", "--model", order.model),
        *("--no-extensions", "--no-skills", "--no-prompt-templates", "--no-themes", "--no-context-files"),
        *("--append-system-prompt", str(PACK / "SYSTEM.md"), "-p", order.task),
    ]


def _configure(order: Order) -> None:
    """Its list of models, from the template of the pack."""
    template = json.loads((PACK / "config" / "pi-models.json").read_text(encoding="utf-8"))
    provider = template["providers"]["janus"]
    provider["baseUrl"] = order.base_url
    provider["models"][0].update(id=order.model, maxTokens=order.max_tokens)
    _HOME.mkdir(parents=True, exist_ok=True)
    (_HOME / "models.json").write_text(json.dumps(template), encoding="utf-8")


class _Narration:
    """What pi does, as steps."""

    def __init__(self) -> None:
        self.failed = 0
        self._tools: dict[str, steps.Tool] = {}

    def tell(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if kind == "message_update":
            self._thought(event.get("assistantMessageEvent") or {})
        elif kind == "message_end":
            self._said(event.get("message") or {})
        elif kind == "tool_execution_start":
            call_id = str(event.get("toolCallId"))
            self._tools[call_id] = steps.Tool(call_id, str(event.get("toolName")), event.get("args") or {})
        elif kind == "tool_execution_end":
            tool = self._tools.pop(str(event.get("toolCallId")), None)
            if tool is not None:
                tool.end(_text((event.get("result") or {}).get("content")), ok=not event.get("isError"))

    def _thought(self, update: dict[str, Any]) -> None:
        if update.get("type") == "thinking_delta":
            steps.reasoning(str(update.get("delta", "")))

    def _said(self, message: dict[str, Any]) -> None:
        if message.get("role") != "assistant":
            return
        if message.get("stopReason") in ("error", "aborted"):
            self.failed = 1
            steps.reasoning(f"{message.get('errorMessage') or 'The model failed.'}\n")
            return
        self.failed = 0
        text = _text(message.get("content"))
        calls = any(part.get("type") == "toolCall" for part in message.get("content") or ())
        if text and calls:
            steps.reasoning(text + "\n")
        elif text:
            steps.answer(text)


def _text(content: Any) -> str:
    """The text of pi's list of parts."""
    return "".join(str(part.get("text", "")) for part in content or () if part.get("type") == "text")
