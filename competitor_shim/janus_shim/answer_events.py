"""What a competitor says, turned into `ChatEvent`s: chunks of a stream, or one whole completion.

An `AnswerEvents` stands for one answer and holds what spans its chunks: where each choice stands, the
usage so far, and the chunk fields that repeat. It holds none of the answer's text.
"""

from collections.abc import Callable

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

from . import payloads
from .choice_events import ChoiceEvents, plain_text
from .content_template import ContentTemplate
from .error_bodies import reported_error
from .json_fields import (
    Object,
    as_object,
    parsed,
    reject,
    rest,
    take_amount,
    take_count,
    take_list,
    take_object,
    take_text_or_empty,
)

ChatEvent = pb.ChatEvent

_IDENTITY = ("id", "created", "model")
_KNOWN = frozenset((*_IDENTITY, "object", "choices", "usage", "error"))
_LAST_MOMENT = 2**53


class AnswerEvents:
    """One answer under way, of at most `choices` choices."""

    __slots__ = ("_choices", "_most", "_repeated", "_started", "_template", "_usage", "_usual", "plain")

    def __init__(self, choices: int) -> None:
        self._most = choices
        self._choices: dict[int, ChoiceEvents] = {}
        self._started = False
        self._repeated: Object = {}  # the first chunk's unknown fields, which `start` carried
        self._usual: frozenset[str] = frozenset()  # the keys of a chunk without news
        self._usage: pb.Usage | None = None
        self._template = ContentTemplate()
        # The text of the commonest chunk by far (bytes), which repeats the last but for its text; None for
        # any other, and for the choices after the first: `chunk` tells what those say.
        self.plain = self._template.text

    @property
    def complete(self) -> bool:
        """Whether there is a choice, and every choice has its `finish_reason`."""
        return bool(self._choices) and all(choice.finished for choice in self._choices.values())

    def chunk(self, data: bytes, kind: str = "message") -> list[ChatEvent]:
        """The events of one `chat.completion.chunk`, which came as an SSE event of type `kind`.

        Raises `CompetitorFailed` when it is malformed, or reports an error.
        """
        chunk = parsed(data)
        if kind == "error":
            raise reported_error(chunk.get("error") or chunk)
        plain = self._plain(chunk)
        if plain is not None:
            if not plain.choice:
                self._template.learn(data, chunk, plain.content)
            return [plain]
        self._template.forget()
        return self._events(chunk, ChoiceEvents.from_chunk)

    def completion(self, data: bytes) -> list[ChatEvent]:
        """The events of a whole `chat.completion`, but for the finish. Raises as `chunk` does."""
        return self._events(parsed(data), ChoiceEvents.from_completion)

    def finish(self) -> ChatEvent:
        """The ending. Raises `CompetitorFailed` when the answer is not complete."""
        if not self._choices:
            raise CompetitorFailed("the competitor's answer ended before it began")
        for index, choice in self._choices.items():
            if not choice.finished:
                raise CompetitorFailed(
                    f"the competitor's answer ended in the middle: choice {index} has no finish_reason"
                )
        return ChatEvent(finish=pb.Finish(usage=self._usage))

    def _plain(self, chunk: Object) -> ChatEvent | None:
        """The commonest chunk by far read in a third of the time: one choice that has nothing but text.

        Leaves any other chunk as it is.
        """
        choices = chunk.get("choices")
        if type(choices) is not list or len(choices) != 1 or not chunk.keys() <= self._usual:
            return None
        if chunk.get("usage") is not None or chunk.get("error") is not None:
            return None
        for key, value in self._repeated.items():
            if chunk.get(key) != value:
                return None
        text = plain_text(choices[0])
        if text is None or type(index := choices[0].get("index")) is not int:
            return None
        known = self._choices.get(index)
        return ChatEvent(choice=index, content=text) if known is not None and not known.finished else None

    def _events(
        self, chunk: Object, read: Callable[[ChoiceEvents, Object, str], list[ChatEvent]]
    ) -> list[ChatEvent]:
        if (error := chunk.pop("error", None)) is not None:
            raise reported_error(error)
        choices = take_list(chunk, "choices", "")
        usage = take_object(chunk, "usage", "")
        events = self._head(chunk)
        for position, item in enumerate(choices):
            where = f"choices[{position}]"
            choice = as_object(item, where)
            events += read(self._choice(choice, position, where), choice, where)
        if usage is not None:
            self._usage = payloads.usage(usage, "usage")
            # The figures that come when all is said are the final ones, which `finish` brings.
            if choices and not self.complete:
                events.append(ChatEvent(usage=self._usage))
        if chunk:
            events = events or [ChatEvent()]
            events[0].extras.chunk_json = rest(chunk)
        return events

    def _head(self, chunk: Object) -> list[ChatEvent]:
        """The start, if this is the first chunk. Leaves in `chunk` the unknown fields that are news."""
        chunk.pop("object", None)
        if self._started:
            for key in _IDENTITY:
                chunk.pop(key, None)
            if chunk == self._repeated:
                chunk.clear()
            else:
                for key in self._repeated.keys() & chunk.keys():
                    if chunk[key] == self._repeated[key]:
                        del chunk[key]
            return []
        self._started = True
        start = pb.AnswerStart(
            model=take_text_or_empty(chunk, "model", ""),
            id=take_text_or_empty(chunk, "id", ""),
            created=_moment(chunk),
        )
        self._repeated = chunk.copy()
        self._usual = _KNOWN | chunk.keys()
        return [ChatEvent(start=start)]

    def _choice(self, choice: Object, position: int, where: str) -> ChoiceEvents:
        index = take_count(choice, "index", where)
        if index is None:
            index = position
        known = self._choices.get(index)
        if known is None:
            if index >= self._most:
                reject(f"{where}.index", f"below the {self._most} choices asked for", index)
            known = self._choices[index] = ChoiceEvents(index)
        return known


def _moment(chunk: Object) -> int:
    """`created` in whole seconds; some write it with a fraction."""
    seconds = take_amount(chunk, "created", "") or 0
    if seconds > _LAST_MOMENT:
        reject("created", "a time", seconds)
    return int(seconds)
