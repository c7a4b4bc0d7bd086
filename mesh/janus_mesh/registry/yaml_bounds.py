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
    NodeEvent,
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


def check_bounds(text: str) -> None:
    """Raises `MarkedYAMLError` when the text is not YAML, or beyond a bound, or uses tags."""
    sizes: dict[str | None, int] = {}
    open_: list[_Open] = [_Open(None)]
    for event in YAML(typ="rt", pure=True).parse(text):
        if isinstance(event, NodeEvent) and not isinstance(event, AliasEvent):
            _refuse_tag(event)
        if isinstance(event, CollectionStartEvent):
            if len(open_) > _DEEPEST:
                raise _refused(event, f"lists and mappings are nested more than {_DEEPEST} deep")
            sizes.pop(event.anchor, None)  # an anchor that is given again is not complete until its end
            open_.append(_Open(event.anchor))
            continue
        if isinstance(event, CollectionEndEvent):
            closed = open_.pop()
            nodes, anchor = closed.nodes, closed.anchor
        elif isinstance(event, AliasEvent):
            if event.anchor not in sizes:  # not defined, or still open: it would contain itself
                raise _refused(event, f"the alias `{event.anchor}` does not name a complete anchor before it")
            nodes, anchor = sizes[event.anchor], None
        elif isinstance(event, ScalarEvent):
            nodes, anchor = 1, event.anchor
        else:
            continue
        if anchor is not None:
            sizes[anchor] = nodes
        open_[-1].nodes += nodes
        if open_[-1].nodes > _MOST_NODES:
            raise _refused(event, f"has more than {_MOST_NODES} values, aliases expanded")


def _refuse_tag(event: Any) -> None:
    if event.tag is not None and event.tag != "!":  # `!` is what a quoted scalar may carry
        raise _refused(event, "tags such as `!!int` are not supported")


def _refused(event: Any, reason: str) -> MarkedYAMLError:
    return MarkedYAMLError(problem=reason, problem_mark=event.start_mark)
