"""The fields of a stream's chunks that stand beside `choices`."""

from typing import Final

from .answer_json import Identity, JsonObject, encoded
from .merging import merge_fields

# Fields that OpenAI repeats in every chunk.
_REPEATED: Final = frozenset({"system_fingerprint", "service_tier"})
_MAX_REPEATED_CHARS: Final = 256  # they cost their length in every chunk, as the model's name does
_MAX_REMEMBERED_FIELDS: Final = 64
_MAX_REMEMBERED_CHARS: Final = 16 * 1024


class SaidOnce:
    """Finds the fields that are news: many servers repeat theirs in every chunk."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: JsonObject = {}

    def news(self, fields: JsonObject, chars: int) -> JsonObject:
        """The fields without those whose value was said before. Large or very many ones are not remembered.

        Args:
            fields: parsed fields.
            chars: length of their JSON text.
        """
        missing = object()
        new = {name: value for name, value in fields.items() if self._values.get(name, missing) != value}
        if chars <= _MAX_REMEMBERED_CHARS:
            for name, value in new.items():
                if name in self._values or len(self._values) < _MAX_REMEMBERED_FIELDS:
                    self._values[name] = value
        return new


class ChunkFields:
    """Knows the fields that every chunk has, and those that wait for the next chunk."""

    __slots__ = ("_constant", "_said", "head", "waiting", "waiting_chars")

    def __init__(self, identity: Identity) -> None:
        self._constant: JsonObject = {
            "id": identity.id,
            "object": "chat.completion.chunk",
            "created": identity.created,
            "model": identity.model,
        }
        self._said = SaidOnce()
        self.waiting: JsonObject = {}
        self.waiting_chars = 0  # length of the JSON text that they came in
        self._encode_head()

    def name_model(self, model: str) -> None:
        """Notes the model that answers, as it calls itself."""
        self._constant["model"] = model[:_MAX_REPEATED_CHARS]
        self._encode_head()

    def add(self, fields: JsonObject, chars: int) -> None:
        """Takes unknown fields of a competitor's chunk, `chars` long as JSON."""
        new = self._said.news(fields, chars)
        if not new:
            return
        repeated = {name: value for name, value in new.items() if _is_repeated(name, value)}
        if repeated:
            self._constant |= repeated
            self._encode_head()
        rest = {name: value for name, value in new.items() if name not in repeated}
        if rest:
            self.waiting = merge_fields([self.waiting, rest])
            self.waiting_chars += chars

    def take(self) -> JsonObject:
        """All fields of the next chunk; those that waited are then said."""
        fields = self._constant | self.waiting
        self.waiting, self.waiting_chars = {}, 0
        return fields

    def take_head(self) -> bytes:
        """The beginning of the next chunk, up to and with the bracket of `choices`."""
        return _head(self.take()) if self.waiting else self.head

    def _encode_head(self) -> None:
        self.head = _head(self._constant)


def _head(fields: JsonObject) -> bytes:
    return b"data: " + encoded(fields)[:-1] + b',"choices":['


def _is_repeated(name: str, value: object) -> bool:
    return name in _REPEATED and isinstance(value, str) and len(value) <= _MAX_REPEATED_CHARS
