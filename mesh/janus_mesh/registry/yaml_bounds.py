"""Refuses YAML that would cost far more to load than its size suggests, before anything is built of it.

An alias stands for a whole subtree, so a few nested ones can stand for billions of nodes. The parser's
events tell the size with every alias expanded, without expanding any.
"""

from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    ScalarEvent,
)

_DEEPEST = 16
# Keys, values and containers, each alias counted as all that it stands for.
_MOST_NODES = 100_000


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come."""

    anchor: str | None
    nodes: int = 1


class _Sizes:
    """Counts the nodes of each open container and of each anchor."""

    def __init__(self) -> None:
        self._anchors: dict[str, int] = {}
        self._open = [_Open(None)]  # the first stands for the document

    def begin(self, event: Any) -> None:
        if len(self._open) > _DEEPEST:
            raise _refused(event, f"lists and mappings are nested more than {_DEEPEST} deep")
        self._open.append(_Open(event.anchor))

    def end(self, event: Any) -> None:
        closed = self._open.pop()
        self._add(event, closed.nodes, closed.anchor)

    def scalar(self, event: Any) -> None:
        self._add(event, 1, event.anchor)

    def alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:  # not defined, or still open: it would contain itself
            reason = f"the alias `{event.anchor}` does not name a complete anchor before it"
            raise _refused(event, reason)
        self._add(event, self._anchors[event.anchor], None)

    def _add(self, event: Any, nodes: int, anchor: str | None) -> None:
        if anchor is not None:
            if anchor in self._anchors:  # legal, but the parser warns, and which one is meant is a guess
                raise _refused(event, f"the anchor `{anchor}` is defined twice")
            self._anchors[anchor] = nodes
        self._open[-1].nodes += nodes
        if self._open[-1].nodes > _MOST_NODES:
            raise _refused(event, f"has more than {_MOST_NODES} values, aliases expanded")


def check_bounds(text: str) -> None:
    """Raises `YAMLError` when the text is not YAML, is beyond a bound, or uses tags."""
    sizes = _Sizes()
    for event in YAML(typ="rt", pure=True).parse(text):
        match event:
            case AliasEvent():
                sizes.alias(event)
            case ScalarEvent():
                _refuse_tag(event)
                sizes.scalar(event)
            case CollectionStartEvent():
                _refuse_tag(event)
                sizes.begin(event)
            case CollectionEndEvent():
                sizes.end(event)


def _refuse_tag(event: Any) -> None:
    if event.tag is not None and event.tag != "!":  # `!` is what a quoted scalar may carry
        raise _refused(event, "tags such as `!!int` are not supported")


def _refused(event: Any, reason: str) -> MarkedYAMLError:
    return MarkedYAMLError(problem=reason, problem_mark=event.start_mark)
