"""Steps as lines of JSON on standard output, one form for all agents."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Optional

from .child import Child

# A line of the sandbox service holds 64 KiB; JSON may write a character in six.
_PIECE_CHARACTERS = 8_000
_SHOWN_CHARACTERS = 400
_MARK = '{"janus":'


def reasoning(text: str) -> None:
    """More of what the agent thinks or says on its way."""
    _in_pieces("reasoning", text)


def answer(text: str) -> None:
    """More of what the agent says to the user at its end."""
    _in_pieces("answer", text)


def repeat(line: str) -> None:
    """A line that another process wrote with this module; any other is left out."""
    if line.startswith(_MARK):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def narrated(child: Child, tell: Callable[[dict[str, Any]], None]) -> int:
    """Has each JSON object that the agent prints told; its exit code at its end. What is none is thinking."""
    for line in child:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict):
            tell(event)
        else:
            reasoning(line + "\n")
    return child.exit_code()


class Tool:
    """A tool at work, from when this is made until `end`."""

    def __init__(self, call_id: str, name: str, arguments: dict[str, Any]) -> None:
        self._id, self._name = call_id, name
        self._began = time.monotonic()
        shown = {str(key): str(value)[:_SHOWN_CHARACTERS] for key, value in list(arguments.items())[:8]}
        _say("tool_start", id=call_id, name=name, arguments=shown)

    def end(self, output: str, *, ok: bool, seconds: Optional[float] = None) -> None:
        """`seconds` for a tool whose beginning was not seen."""
        took = round(time.monotonic() - self._began if seconds is None else seconds, 3)
        _say("tool_end", id=self._id, name=self._name, ok=ok, seconds=took, characters=len(output))


def _in_pieces(step: str, text: str) -> None:
    for start in range(0, len(text), _PIECE_CHARACTERS):
        _say(step, text=text[start : start + _PIECE_CHARACTERS])


def _say(step: str, **fields: Any) -> None:
    sys.stdout.write(json.dumps({"janus": step, **fields}) + "\n")
    sys.stdout.flush()
