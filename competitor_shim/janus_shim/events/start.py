"""The `start` event of an answer, and the unknown chunk fields that chunks repeat.

Azure opens with a chunk without a model or a choice, so the start waits for a chunk that names the model or
says something. Short unknown values, such as `system_fingerprint`, belong to the start, whose fields the edge
repeats in every chunk. Lists, objects and long texts are said once.
"""

from typing import Final

from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

from .json_fields import Object, rest, take_label

# The edge writes the start's fields into every chunk, so they must not make a short token a long chunk.
MAX_LABEL: Final = 256
_MAX_CONSTANT_CHARACTERS = 1_024

_IDENTITY = ("id", "created", "model", "object")
_KNOWN = frozenset((*_IDENTITY, "choices", "usage", "error"))
_LAST_MOMENT = 2**53


class Start:
    """The start of one answer. `take` each chunk's fields; `events` gives the start once."""

    __slots__ = ("_constants", "_message", "_once", "_repeated", "_room", "_usual", "told")

    def __init__(self) -> None:
        self._message = pb.AnswerStart()
        self._repeated: Object = {}  # unknown fields of the chunks up to the start
        self._constants: Object = {}  # those that the start carries
        self._room = _MAX_CONSTANT_CHARACTERS
        self._once: Object = {}  # those that are said once
        self._usual: frozenset[str] = frozenset()  # the keys of a chunk without news, once the start is told
        self.told = False

    @property
    def names_model(self) -> bool:
        return bool(self._message.model)

    def repeats(self, chunk: Object) -> bool:
        """Whether the chunk has no unknown fields but those that were told. False before the start."""
        if not chunk.keys() <= self._usual:
            return False
        for key, value in self._repeated.items():  # noqa: SIM110  # `all` costs twice as much
            if chunk.get(key, value) != value:
                return False
        return True

    def take(self, chunk: Object) -> Object:
        """Takes the identity out of a chunk without its choices. Returns the unknown fields that are news."""
        if not self.told:
            self._note(chunk)
            return {}
        for key in _IDENTITY:
            chunk.pop(key, None)
        repeated = self._repeated
        return {key: value for key, value in chunk.items() if key not in repeated or repeated[key] != value}

    def _note(self, chunk: Object) -> None:
        """Adds to the start what a chunk before it says."""
        start = self._message
        start.model = start.model or take_label(chunk, "model", MAX_LABEL)
        start.id = start.id or take_label(chunk, "id", MAX_LABEL)
        start.created = start.created or _moment(chunk.get("created"))
        for key in _IDENTITY:
            chunk.pop(key, None)
        for key, value in chunk.items():
            self._repeated[key] = value
            if _is_short(value) and len(key) <= self._room:
                self._room -= len(key) + len(str(value))
                self._constants[key] = value
            else:
                self._once[key] = value

    def events(self) -> list[pb.ChatEvent]:
        """The start, the first time."""
        if self.told:
            return []
        self.told = True
        self._usual = _KNOWN | self._repeated.keys()
        event = pb.ChatEvent(start=self._message)
        if self._constants:
            event.extras.chunk_json = rest(self._constants)
            self._constants = {}
        return [event]

    def once(self) -> Object:
        """The fields to be said once, the first time."""
        once, self._once = self._once, {}
        return once


def _is_short(value: object) -> bool:
    return (
        value is None
        or isinstance(value, float)
        or (isinstance(value, str | int) and len(str(value)) <= MAX_LABEL)
    )


def _moment(value: object) -> int:
    """`created` in whole seconds; 0 when it is not a time."""
    return int(value) if type(value) in (int, float) and 0 <= value <= _LAST_MOMENT else 0  # type: ignore[call-overload, operator]
