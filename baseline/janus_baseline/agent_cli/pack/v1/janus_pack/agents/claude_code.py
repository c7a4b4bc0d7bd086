"""claude-code: a model with tools over Anthropic's Messages API, which tells its turns as lines of JSON."""

from typing import Any

from .. import steps
from ..child import Child
from ..order import RUN, Order

_TOOLS = "Bash,Edit,Read,Write"


def run(order: Order) -> int:
    narration = Narration()
    return steps.narrated(Child(_command(order), _variables(order)), narration.tell) or narration.failed


def _command(order: Order) -> list[str]:
    return [
        *("claude", "-p", "--output-format", "stream-json", "--verbose", "--model", order.model),
        *("--dangerously-skip-permissions", "--no-session-persistence", "--tools", _TOOLS),
        *("--append-system-prompt", order.system, "--", order.task),
    ]


def _variables(order: Order) -> dict[str, str]:
    return {
        "ANTHROPIC_BASE_URL": order.base_url.removesuffix("/v1"),
        "ANTHROPIC_API_KEY": "none",  # it only has to be there: the way out puts its own
        "ANTHROPIC_SMALL_FAST_MODEL": order.model,
        "CLAUDE_CONFIG_DIR": str(RUN / "claude"),
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(order.max_tokens),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "IS_SANDBOX": "1",
    }


class Narration:
    """What claude-code does, as steps."""

    def __init__(self) -> None:
        self.failed = 0
        self._tools: dict[str, steps.Tool] = {}
        self._said = ""  # its latest words, which come again as the result if they are the last

    def tell(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if kind == "assistant":
            for part in _parts(event):
                self._turn(part)
        elif kind == "user":
            for part in _parts(event):
                tool = self._tools.pop(str(part.get("tool_use_id")), None)
                if tool is not None:
                    tool.end(str(part.get("content", "")), ok=not part.get("is_error"))
        elif kind == "result":
            self._ended(event)

    def _turn(self, part: dict[str, Any]) -> None:
        if self._said:
            steps.reasoning(f"{self._said}\n")
            self._said = ""
        if part.get("type") == "text":
            self._said = str(part.get("text", ""))
        elif part.get("type") == "thinking":
            steps.reasoning(f"{part.get('thinking', '')}\n")
        elif part.get("type") == "tool_use":
            call_id = str(part.get("id"))
            self._tools[call_id] = steps.Tool(call_id, str(part.get("name")), part.get("input") or {})

    def _ended(self, event: dict[str, Any]) -> None:
        said = str(event.get("result") or self._said)
        if event.get("is_error"):
            self.failed = 1
            steps.reasoning(f"{said or 'The model failed.'}\n")
        else:
            steps.answer(said)


def _parts(event: dict[str, Any]) -> list[dict[str, Any]]:
    content = (event.get("message") or {}).get("content")
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
