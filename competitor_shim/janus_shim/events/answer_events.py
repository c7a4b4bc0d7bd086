"""What a competitor says, turned into `ChatEvent`s: chunks of a stream, or one whole completion.

An `AnswerEvents` stands for one answer and keeps what spans its chunks: the state of each choice, the usage,
and the unknown fields that repeat. It keeps none of the answer's text. Everything that leaves it went through
`competitor_claims`, so that a competitor cannot speak for Janus.
"""

from typing import Any, Final

import orjson

from janus_mesh.competitor_claims import strip_claims
from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_proto._gen.janus.chat.v1 import request_pb2
from janus_shim.error_bodies import reported_error

from .choice_events import ChoiceEvents
from .content_template import ContentTemplate
from .json_fields import (
    Object,
    as_object,
    check_values,
    exact,
    parsed,
    parsed_leniently,
    reject,
    rest,
    take_index,
    take_list,
)
from .plain_text import plain_text
from .start import Start
from .usage import read_usage

ChatEvent = pb.ChatEvent

# Unknown fields beside `choices` that may wait for an event to travel with, bytes of the chunks they came in.
MAX_HELD_BYTES: Final = 1024 * 1024

# Entries of `choices` in one chunk beyond the choices asked for: some list a choice twice.
_MORE_ENTRIES = 16
_KEEP_ALIVES = frozenset(("ping", "keepalive", "keep-alive", "keep_alive", "heartbeat"))


class AnswerEvents:
    """One answer under way, of at most `choices` choices."""

    __slots__ = ("_choices", "_held", "_held_bytes", "_most", "_start", "_template", "_usage", "plain")

    def __init__(self, choices: int) -> None:
        self._most = choices
        self._choices: dict[int, ChoiceEvents] = {}
        self._start = Start()
        self._held: Object = {}  # unknown chunk fields that wait for an event of a choice
        self._held_bytes = 0
        self._usage: object = None  # as last reported
        self._template = ContentTemplate()
        # Reads the commonest chunk by far (bytes), which differs from the last in its text alone, and returns
        # that text; None for any other chunk and for choices after the first, which `chunk` reads.
        self.plain = self._template.text

    @property
    def complete(self) -> bool:
        """Whether there is a choice, and every choice has its `finish_reason`."""
        return bool(self._choices) and all(choice.finished for choice in self._choices.values())

    def chunk(self, data: bytes, kind: str = "message") -> list[ChatEvent]:
        """The events of one `chat.completion.chunk`, which came as an SSE event of type `kind`.

        Raises `CompetitorFailed` when it is malformed, and the error that it reports.
        """
        if kind == "error":
            raise reported_error(_error_text(data), spoken=self._spoken)
        check_values(data)
        try:
            return self._chunk(data)
        except RecursionError:
            raise _too_deep() from None

    def completion(self, data: bytes) -> list[ChatEvent]:
        """The events of a whole `chat.completion` but for its ending. Raises as `chunk` does."""
        check_values(data)
        try:
            return self._events(parsed(data), len(data), whole=True)
        except RecursionError:
            raise _too_deep() from None

    def ending(self, *, done: bool) -> list[ChatEvent]:
        """The last events. Raises `CompetitorFailed` when the answer is not complete.

        Args:
            done: the competitor said that this is all, by `[DONE]` or by the end of a whole JSON body.
        """
        if not self._choices:
            raise CompetitorFailed("the competitor's answer ended before it began")
        events = [event for choice in self._choices.values() for event in choice.ending(done=done)]
        finish = ChatEvent(finish=pb.Finish())
        if self._usage is not None:
            usage = read_usage(self._usage)
            if usage is None:
                self._held["invalid_usage"] = self._usage
            else:
                finish.finish.usage.CopyFrom(usage)
        if self._held:
            finish.extras.chunk_json = rest(self._held)
        return _without_claims([*self._start.events(), *events, finish])

    @property
    def _spoken(self) -> bool:
        """Whether the answer has begun, so that it cannot be tried elsewhere."""
        return bool(self._choices)

    def _chunk(self, data: bytes) -> list[ChatEvent]:
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            chunk = parsed_leniently(data)
        else:
            plain = self._plain(chunk) if type(chunk) is dict else None
            if plain is not None:
                if plain.content and not plain.choice and chunk.get("usage") is None:
                    self._template.learn(data, chunk, plain.content)
                return [plain]
            chunk = exact(chunk, data)
        self._template.forget()
        return self._events(chunk, len(data), whole=False)

    def _plain(self, chunk: Object) -> ChatEvent | None:
        """Reads the commonest chunk in a third of the time: one choice that has nothing but text.

        Returns None and leaves the chunk as it is when it says anything else.
        """
        choices = chunk.get("choices")
        if type(choices) is not list or len(choices) != 1 or chunk.get("error") is not None:
            return None
        if self._held or not self._start.repeats(chunk):
            return None
        said = plain_text(choices[0])
        if said is None or type(index := choices[0].get("index")) is not int:
            return None
        known = self._choices.get(0 if self._most == 1 else index)
        if known is None or ("role" in choices[0]["delta"] and known.role != request_pb2.ROLE_ASSISTANT):
            return None
        event = known.plain(*said)
        if event is not None:
            self._usage = chunk.get("usage") or self._usage
        return event

    def _events(self, value: Any, size: int, *, whole: bool) -> list[ChatEvent]:
        chunk = _as_chunk(value)
        if chunk is None:
            return []
        choices = take_list(chunk, "choices", "")
        self._raise_reported(chunk, answers=bool(choices))
        self._usage = chunk.pop("usage", None) or self._usage
        if not choices and str(chunk.get("type")) in _KEEP_ALIVES:
            return []
        if len(choices) > self._most + _MORE_ENTRIES:
            raise CompetitorFailed(
                f"the competitor's answer is malformed: choices has {len(choices)} entries"
            )
        news = self._start.take(chunk)
        said = self._said(choices, whole=whole)
        start = [] if self._start.told else self._begin(chunk, size, begins=bool(said))
        if news:
            self._held |= news
            if not said:
                self._bound_held(size)
        if said and self._held:
            said[0].extras.chunk_json = rest(self._held)
            self._held, self._held_bytes = {}, 0
        return _without_claims(start + said)

    def _said(self, choices: list[Any], *, whole: bool) -> list[ChatEvent]:
        """The events of the choices in a chunk."""
        said: list[ChatEvent] = []
        for position, item in enumerate(choices):
            where = f"choices[{position}]"
            choice = as_object(item, where)
            self._raise_reported(choice, answers=True)
            index = self._index(choice, position, len(choices), where)
            known = self._choices.get(index)
            if known is None:
                known = self._choices[index] = ChoiceEvents(index)
            said += known.read(choice, where, whole=whole)
        return said

    def _begin(self, unknown: Object, size: int, *, begins: bool) -> list[ChatEvent]:
        """The start, once the model is known or the answer begins. Holds what is not for every chunk."""
        self._held |= self._start.once()
        if begins or self._start.names_model:
            return self._start.events()
        if unknown:
            self._bound_held(size)
        return []

    def _bound_held(self, size: int) -> None:
        """Counts a chunk whose unknown fields wait for an event to travel with."""
        if self._held_bytes > MAX_HELD_BYTES:
            raise CompetitorFailed("the competitor sent too many unknown fields without an answer")
        self._held_bytes += size

    def _raise_reported(self, fields: Object, *, answers: bool) -> None:
        """Raises the error that a chunk or a choice reports. An empty one beside an answer does not count."""
        error = fields.pop("error", None)
        if error or (error == {} and not answers):
            raise reported_error(error, spoken=self._spoken)
        if fields.get("object") == "error":  # as vLLM has it
            raise reported_error(fields, spoken=self._spoken)

    def _index(self, choice: Object, position: int, listed: int, where: str) -> int:
        """Which choice is meant. With one asked for and one listed it is clear, whatever `index` says."""
        said = choice.get("index")
        index = take_index(choice)
        if self._most == 1 and listed == 1:
            return 0
        if index is None:
            if said is not None:
                reject(f"{where}.index", "a whole number", said)
            index = position
        if index >= self._most:
            reject(f"{where}.index", f"below the {self._most} choices asked for", index)
        return index


def _too_deep() -> CompetitorFailed:
    return CompetitorFailed("the competitor's answer is nested too deeply")


def _as_chunk(value: Any) -> Object | None:
    """The chunk in an event; None for an event that says nothing. A list of one object is that object."""
    if not value:
        return None
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0]
    return as_object(value, "the event")


def _error_text(data: bytes) -> Any:
    """What an event of type `error` says: a JSON value, or plain text."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return data.decode(errors="replace")
    return (value.get("error") or value) if isinstance(value, dict) else value


def _without_claims(events: list[ChatEvent]) -> list[ChatEvent]:
    """The events without what only Janus may say; those that say nothing else are left out."""
    kept = []
    for event in events:
        if strip_claims(event) and not _has_extras(event):
            event.ClearField("extras")
            if event.WhichOneof("payload") is None:
                continue
        kept.append(event)
    return kept


def _has_extras(event: ChatEvent) -> bool:
    extras = event.extras
    return bool(extras.chunk_json or extras.choice_json or extras.delta_json)
