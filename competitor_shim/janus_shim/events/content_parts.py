"""A message's `content` in the forms that servers give it: text, or a list of parts.

Mistral and others stream `[{"type": "thinking", ...}, {"type": "text", "text": "Hi"}]` where OpenAI streams
a string.
"""

from typing import Any, Final, Literal, NamedTuple

from janus_mesh.errors import CompetitorFailed

from .json_fields import Object, json_text

Kind = Literal["content", "reasoning", "refusal"]

# The fields in which a part of each type holds its text, the first that is there counts.
_TEXTS: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "text": ("content", ("text",)),
    "output_text": ("content", ("text",)),
    "thinking": ("reasoning", ("thinking", "text", "content")),
    "reasoning": ("reasoning", ("reasoning", "text", "summary", "content")),
    "refusal": ("refusal", ("refusal",)),
}
# Texts of one message or delta; each becomes an event.
MAX_PARTS: Final = 1_000
# Parts inside parts, such as the list of texts in a `thinking` part. Real servers nest one deep.
_MAX_NESTED = 4


class Spoken(NamedTuple):
    """What a `content` says."""

    texts: list[tuple[Kind, str]]  # at most MAX_PARTS
    unknown: list[Any]  # parts of other types, and what else stood in a part

    def add(self, kind: Kind, text: str) -> None:
        """Raises `CompetitorFailed` when there are too many."""
        if len(self.texts) >= MAX_PARTS:
            raise CompetitorFailed(f"the competitor sent a message of more than {MAX_PARTS} parts")
        self.texts.append((kind, text))


def spoken(content: object, kind: Kind = "content") -> Spoken:
    """Reads a `content` of any form; bare text in it is of this kind."""
    said = Spoken([], [])
    _add(content, kind, said, _MAX_NESTED)
    return said


def _add(value: object, kind: Kind, said: Spoken, levels: int) -> None:
    if isinstance(value, str):
        said.add(kind, value)
    elif isinstance(value, list) and levels:
        for part in value:
            _add(part, kind, said, levels - 1)
    elif isinstance(value, dict) and levels:
        _add_part(value, kind, said, levels - 1)
    elif isinstance(value, int | float):
        said.add(kind, json_text(value))
    elif value is not None:
        said.unknown.append(value)


def _add_part(part: Object, kind: Kind, said: Spoken, levels: int) -> None:
    type_ = part.get("type", "text")
    own_kind, names = _TEXTS.get(type_, (kind, ())) if isinstance(type_, str) else (kind, ())
    name = next((name for name in names if part.get(name) is not None), None)
    if name is None:
        said.unknown.append(part)
        return
    # A text inside a reasoning part is reasoning.
    _add(part[name], kind if own_kind == "content" else own_kind, said, levels)
    others = {
        key: value for key, value in part.items() if key not in ("type", name) and value not in (None, [])
    }
    if others:
        said.unknown.append({"type": type_, **others})
