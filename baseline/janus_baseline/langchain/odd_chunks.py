"""Brings the chunks of real providers into the one form that LangChain reads without losing anything.

LangChain drops tool calls without an index, adds up usage that is repeated in every chunk, and fails on
figures, ids and contents of other types than OpenAI's.
"""

import json
from typing import Any

Json = dict[str, Any]
_REASONING = ("reasoning_content", "reasoning")
_FIGURES = ("prompt_tokens", "completion_tokens")
_MOST_TOKENS = 10_000_000


class ChunkReader:
    """The chunks of one stream, in order."""

    def __init__(self) -> None:
        self._calls: list[str] = []  # ids of tool calls, by index
        self._indices: dict[int, int] = {}  # the provider's index to ours
        self._counted = dict.fromkeys(_FIGURES, 0)
        self._half = ""  # the first half of a surrogate pair

    def read(self, chunk: Json) -> Json:
        """A chunk in OpenAI's form; one choice at most."""
        choices = chunk.get("choices")
        choices = [one for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []
        usage = self._increase(chunk.get("usage"))
        return {**chunk, "usage": usage, "choices": [self._choice(one) for one in choices[:1]]}

    def rest(self) -> str:
        """Half of a character that was never completed, as the character for that."""
        return "\ufffd" if self._half else ""

    def _choice(self, choice: Json) -> Json:
        delta = choice.get("delta")
        delta = dict(delta) if isinstance(delta, dict) else {}
        delta["role"] = "assistant"
        delta.pop("id", None)
        content, thought = _content(delta.get("content"))
        thoughts = [delta[name] for name in _REASONING if isinstance(delta.get(name), str)][:1]
        delta["content"] = self._whole_characters(content)
        delta["reasoning_content"] = _no_halves("".join([*thoughts, thought])) or None
        if isinstance(calls := delta.get("tool_calls"), list):
            read = [self._call(one) for one in calls if isinstance(one, dict)]
            delta["tool_calls"] = [call for call in read if call is not None]
        reason = choice.get("finish_reason")
        return {**choice, "delta": delta, "finish_reason": reason if isinstance(reason, str) else None}

    def _call(self, call: Json) -> Json | None:
        """A piece of a tool call; None for one that belongs to no call."""
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        arguments = function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(arguments)
        name = function.get("name") if isinstance(function.get("name"), str) else None
        call_id = call.get("id") if isinstance(call.get("id"), str) else None
        index = call.get("index") if type(call.get("index")) is int else None
        ours, begun = self._index(call_id, index, named=bool(name))
        if ours is None:
            return None
        return {
            "index": ours,
            "id": self._calls[ours] if begun else None,
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }

    def _index(self, call_id: str | None, said: int | None, *, named: bool) -> tuple[int | None, bool]:
        """Which call a piece belongs to, and whether it begins it.

        A new id begins a call, whatever index comes with it; so does a name without an id at a new index.
        """
        if call_id and call_id in self._calls:
            return self._calls.index(call_id), False
        if not call_id and said is not None and said in self._indices:
            return self._indices[said], False
        if not call_id and not named:
            return (len(self._calls) - 1, False) if self._calls else (None, False)
        ours = len(self._calls)
        self._calls.append(call_id or f"call_{ours}")
        if said is not None:
            self._indices[said] = ours
        return ours, True

    def _increase(self, usage: object) -> Json | None:
        """What these figures add to those of earlier chunks; None when they cannot be right."""
        if not isinstance(usage, dict):
            return None
        figures = {name: _count(usage.get(name)) for name in _FIGURES}
        if any(figure is None for figure in figures.values()):
            return None
        known = {name: figure for name, figure in figures.items() if figure is not None}
        more = {name: max(0, figure - self._counted[name]) for name, figure in known.items()}
        self._counted = {name: max(figure, self._counted[name]) for name, figure in known.items()}
        return {**more, "total_tokens": sum(more.values())}

    def _whole_characters(self, text: str) -> str:
        """The text with what came before; half of a pair at its end waits for the other."""
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return _no_halves(text)


def _content(content: object) -> tuple[str, str]:
    """Text, and reasoning, of a content that may be a list of parts."""
    if isinstance(content, str):
        return content, ""
    text, thought = [], []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            text.append(part)
        elif isinstance(part, dict):
            text += [part["text"]] if isinstance(part.get("text"), str) else []
            found = part.get("thinking")
            if isinstance(found, list):
                found = _content(found)[0]
            thought += [found] if isinstance(found, str) else []
    return "".join(text), "".join(thought)


def _no_halves(text: str) -> str:
    """Pairs of surrogates as the characters that they stand for, single ones replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_TOKENS:
        return None
    return int(value)
