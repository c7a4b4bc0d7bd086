"""Tells the tool calls of one choice apart, whatever the server does with `index` and `id`.

OpenAI gives each call an index and sends its id and name once. Gemini sends parallel calls complete, one per
chunk, all with index 0 or without any; others repeat the name or make up an id in every chunk. Clients join
deltas by index alone, so each call leaves here with an index of its own.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

from .json_fields import Object, as_object, json_text, rest, take_index, take_list, take_object, take_text
from .surrogates import TextJoiner, well_formed

MAX_CALLS: Final = 128  # per choice, as many as OpenAI accepts tools

# Arguments longer than this are not checked for completeness, which is only needed for servers that reuse an
# index; it bounds what is kept of each call.
_MAX_KEPT = 64 * 1024
_MAX_LABEL = 256


@dataclass(slots=True)
class _Call:
    """A call under way."""

    index: int
    id: str = ""
    name: str = ""
    type: str = ""
    arguments: list[str] = field(default_factory=list)
    size: int = 0  # characters of the arguments

    def add(self, arguments: str) -> None:
        self.size += len(arguments)
        if self.size <= _MAX_KEPT:
            self.arguments.append(arguments)

    def is_complete(self) -> bool:
        """Whether the arguments so far are a whole JSON value."""
        if not 0 < self.size <= _MAX_KEPT:
            return False
        text = "".join(self.arguments)
        self.arguments = [text]
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        return True


@dataclass(slots=True)
class _Entry:
    """One entry of a `tool_calls` list, read."""

    index: int | None
    id: str
    type: str
    name: str
    arguments: str
    extra_json: str


class ToolCalls:
    """The calls of one choice."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_joiner", "_used")

    def __init__(self, joiner: TextJoiner) -> None:
        self._joiner = joiner
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}  # the latest call of each index that the server said
        self._by_id: dict[str, _Call] = {}
        self._used: set[int] = set()  # indices given to clients

    def __bool__(self) -> bool:
        return bool(self._calls)

    def from_delta(self, delta: Object, where: str) -> list[pb.ToolCallDelta]:
        """The `tool_calls` of a delta, each begins a call or continues one."""
        piece = self._piece(delta.get("tool_calls"))
        if piece is not None:
            del delta["tool_calls"]
            return [piece]
        entries = _entries(delta, where)
        deltas = []
        for position, entry in enumerate(entries):
            call = self._continued(entry, position, alone=len(entries) == 1)
            new = call is None
            call = call or self._begin(entry.index, position)
            told = self._told(call, entry)
            if new or told.arguments or told.id or told.type or told.name or told.extra_json:
                deltas.append(told)
        return deltas

    def _piece(self, listed: object) -> pb.ToolCallDelta | None:
        """Reads the commonest delta in a third of the time: more arguments of a known call, and no more."""
        if type(listed) is not list or len(listed) != 1 or type(entry := listed[0]) is not dict:
            return None
        function, index = entry.get("function"), entry.get("index")
        if len(entry) != 2 or type(function) is not dict or len(function) != 1 or type(index) is not int:
            return None
        call, arguments = self._by_index.get(index), function.get("arguments")
        if call is None or type(arguments) is not str:
            return None
        call.add(arguments)
        return pb.ToolCallDelta(index=call.index, arguments=self._joiner.add(call.index, arguments))

    def from_message(self, message: Object, where: str) -> list[pb.ToolCallDelta]:
        """The `tool_calls` of a whole message, each is a call."""
        return [
            self._told(self._begin(entry.index, position), entry)
            for position, entry in enumerate(_entries(message, where))
        ]

    def _continued(self, entry: _Entry, position: int, *, alone: bool) -> _Call | None:
        """The call that the entry continues; None when it begins one."""
        if entry.index is not None:
            call = self._by_index.get(entry.index)
        elif entry.id in self._by_id:
            call = self._by_id[entry.id]
        elif alone:
            call = self._calls[-1] if self._calls else None
        elif entry.id or entry.name:
            call = None
        else:
            call = self._calls[position] if position < len(self._calls) else None
        return None if call is None or _begins(entry, call) else call

    def _begin(self, index: int | None, position: int) -> _Call:
        if len(self._calls) >= MAX_CALLS:
            raise _too_many()
        free = position if index is None else index
        if free in self._used or free >= MAX_CALLS:
            free = next(number for number in range(MAX_CALLS) if number not in self._used)
        call = _Call(free)
        self._used.add(free)
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _told(self, call: _Call, entry: _Entry) -> pb.ToolCallDelta:
        """The entry as a delta of this call, without what earlier deltas said of it."""
        delta = pb.ToolCallDelta(index=call.index, extra_json=entry.extra_json)
        if entry.id and not call.id:
            call.id = delta.id = entry.id
            self._by_id[entry.id] = call
        if entry.type and not call.type:
            call.type = delta.type = entry.type
        if entry.name and entry.name != call.name and not call.size and len(call.name) < _MAX_LABEL:
            call.name += entry.name
            delta.name = entry.name
        if entry.arguments:
            call.add(entry.arguments)
            delta.arguments = self._joiner.add(call.index, entry.arguments)
        return delta


def _begins(entry: _Entry, call: _Call) -> bool:
    """Whether the entry begins another call, although it comes where this one would go on."""
    if not entry.name:
        return False
    if entry.id and call.id and entry.id != call.id:
        # The same name again while its arguments are open: a server that makes up an id per chunk.
        return entry.name != call.name or not call.size or call.is_complete()
    if entry.id and call.id:
        return False
    if not call.size:  # a name may come in pieces
        return False
    return entry.name != call.name or (bool(entry.arguments.strip()) and call.is_complete())


def _too_many() -> CompetitorFailed:
    return CompetitorFailed(f"the competitor's answer makes more than {MAX_CALLS} tool calls")


def _entries(source: Object, where: str) -> list[_Entry]:
    if isinstance(source.get("tool_calls"), dict):  # a single call without its list
        source["tool_calls"] = [source["tool_calls"]]
    listed = take_list(source, "tool_calls", where)
    if len(listed) > MAX_CALLS:
        raise _too_many()
    return [_entry(item, f"{where}.tool_calls[{position}]") for position, item in enumerate(listed)]


def _entry(item: object, where: str) -> _Entry:
    call = as_object(item, where)
    function = take_object(call, "function", where)
    if function is None and isinstance(call.get("name"), str):  # name and arguments without their object
        function = {key: call.pop(key) for key in ("name", "arguments") if key in call}
    function = function or {}
    id_, type_ = call.pop("id", None), call.pop("type", None)
    entry = _Entry(
        index=take_index(call),
        id=well_formed(str(id_))[:_MAX_LABEL] if type(id_) in (str, int) else "",
        type=well_formed(type_)[:_MAX_LABEL] if isinstance(type_, str) else "",
        name=take_text(function, "name", f"{where}.function") or "",
        arguments=_arguments(function.pop("arguments", None)),
        extra_json="",
    )
    if function:
        call["function"] = function
    entry.extra_json = rest(call)
    return entry


def _arguments(value: Any) -> str:
    """Arguments are JSON text; some servers send the value itself."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)
