"""opencode: a model with tools for files and a shell, which tells each finished part as a line of JSON."""

import json
from typing import Any

from .. import steps
from ..child import Child
from ..order import PACK, RUN, Order

_HOME = RUN / "opencode"


def run(order: Order) -> int:
    _configure(order)
    narration = Narration()
    return steps.narrated(Child(_command(order), _variables()), narration.tell) or narration.failed


def _command(order: Order) -> list[str]:
    return ["opencode", "run", "--format", "json", "--model", f"janus/{order.model}", "--", order.task]


def _configure(order: Order) -> None:
    """Its configuration, from the template of the pack."""
    config = json.loads((PACK / "config" / "opencode.json").read_text(encoding="utf-8"))
    provider = config["provider"]["janus"]
    provider["options"]["baseURL"] = order.base_url
    limits = {"context": 128_000, "output": order.max_tokens}
    provider["models"] = {order.model: {"name": order.model, "tool_call": True, "limit": limits}}
    config["model"] = config["small_model"] = f"janus/{order.model}"
    config["instructions"] = [str(PACK / "SYSTEM.md")]
    _HOME.mkdir(parents=True, exist_ok=True)
    (_HOME / "opencode.json").write_text(json.dumps(config), encoding="utf-8")


def _variables() -> dict[str, str]:
    folders = {f"XDG_{kind}_HOME": str(_HOME / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE", "STATE")}
    off = ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS", "CLAUDE_CODE")
    return {
        **folders,
        **{f"OPENCODE_DISABLE_{each}": "1" for each in off},
        "OPENCODE_CONFIG": str(_HOME / "opencode.json"),
    }


class Narration:
    """What opencode does, as steps."""

    def __init__(self) -> None:
        self.failed = 0
        self._said: list[str] = []  # in a turn of which it is not known yet whether it is the last

    def tell(self, event: dict[str, Any]) -> None:
        kind, part = event.get("type"), event.get("part") or {}
        if kind == "text":
            self._said.append(str(part.get("text", "")))
        elif kind == "reasoning":
            steps.reasoning(f"{part.get('text', '')}\n")
        elif kind == "tool_use":
            self._used(part)
        elif kind == "step_finish":
            self._turned(last=part.get("reason") != "tool-calls")
        elif kind == "error":
            self.failed = 1
            steps.reasoning(f"{_reason(event.get('error'))}\n")

    def _used(self, part: dict[str, Any]) -> None:
        """A tool at its end, which is when it is told of."""
        state = part.get("state") or {}
        time = state.get("time") or {}
        seconds = (time.get("end", 0) - time.get("start", 0)) / 1000
        tool = steps.Tool(str(part.get("callID")), str(part.get("tool")), state.get("input") or {})
        output = str(state.get("output") or state.get("error") or "")
        tool.end(output, ok=state.get("status") == "completed", seconds=seconds)

    def _turned(self, *, last: bool) -> None:
        for text in self._said:
            if last:
                steps.answer(text)
            else:
                steps.reasoning(f"{text}\n")
        self._said.clear()


def _reason(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str((error.get("data") or {}).get("message") or error.get("name") or "The model failed.")
