"""A conversation in the only form that the model's template knows: plain text by system, user, assistant.

The template puts words of its own in front when there is no system message, and they spoil the
answers, so there is always one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from janus_mesh.errors import InvalidRequest

from .request import Message

DEFAULT_SYSTEM = "You are a helpful assistant."


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said."""

    role: Literal["system", "user", "assistant"]
    content: str


def conversation(messages: Sequence[Message], instructions: str = "") -> list[Turn]:
    """The turns, instructions of all kinds first. Raises `InvalidRequest` for what is not text."""
    system: list[str] = []
    turns: list[Turn] = []
    called: dict[str, str] = {}  # function names by call id
    for index, message in enumerate(messages):
        text = _text(message, index)
        if message.role in ("system", "developer"):
            system.append(text)
        elif message.role == "tool":
            name = called.get(message.tool_call_id or "", "function")
            turns.append(Turn("user", f"The function {name} answered: {text}\nNow answer my question."))
        elif message.role == "assistant":
            calls = message.tool_calls or []
            called |= {call.id: call.function.name for call in calls}
            written = [_call(call.function.name, call.function.arguments) for call in calls]
            turns.append(Turn("assistant", "\n".join(filter(None, [text, *written]))))
        else:
            turns.append(Turn("user", text))
    said = [text for text in system if text] or [DEFAULT_SYSTEM]
    return [Turn("system", "\n\n".join([*said, instructions] if instructions else said)), *turns]


def _text(message: Message, index: int) -> str:
    words: list[str] = []
    for number, part in enumerate(message.content):
        text = {"text": part.text, "refusal": part.refusal}.get(part.type)
        if text is None:
            known = part.type in ("text", "refusal")
            raise InvalidRequest(
                f"a part of type {part.type} needs its {part.type}"
                if known
                else f"this demonstration model reads text only, not {part.type!r}",
                param=f"messages[{index}].content[{number}]",
                code="" if known else "unsupported_content",
            )
        words.append(text)
    return "".join(words)


def _call(name: str, arguments: str) -> str:
    """An earlier call, written as `function_call` asks the model to write one."""
    return f'{{"name": "{name}", "arguments": {arguments}}}'
