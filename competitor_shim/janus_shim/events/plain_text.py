"""The fast path for chunks of which no more is to be said than one text: nearly all of a stream."""

from .json_fields import Object

# Names under which servers send reasoning. The first is the one that Janus passes on.
REASONING = ("reasoning_content", "reasoning", "thinking")

_PLAIN = frozenset(("index", "delta", "finish_reason", "logprobs"))
_SILENT_WHEN_NULL = frozenset(("content", "role", "refusal", "tool_calls", "function_call", *REASONING))
_SPEAKING = frozenset(("content", *REASONING))


def plain_text(choice: object) -> tuple[str, str] | None:
    """The only text of a chunk's choice that says nothing else, after the name of its field.

    None when the choice says anything else, or is malformed.
    """
    if type(choice) is not dict or not choice.keys() <= _PLAIN:
        return None
    if choice.get("finish_reason") is not None or choice.get("logprobs") is not None:
        return None
    delta = choice.get("delta")
    if type(delta) is not dict:
        return None
    if len(delta) == 1 and type(text := delta.get("content")) is str:  # by far the most
        return "content", text
    return _only_text(delta)


def _only_text(delta: Object) -> tuple[str, str] | None:
    """The only text of a delta whose other fields are nulls, empty, or the assistant's role."""
    if not delta.keys() <= _SILENT_WHEN_NULL:
        return None
    said = None
    for name, text in delta.items():
        if text is None or (name == "role" and text == "assistant") or (name in REASONING and text == ""):
            continue
        if said is not None or type(text) is not str or name not in _SPEAKING:
            return None
        said = name, text
    return said
