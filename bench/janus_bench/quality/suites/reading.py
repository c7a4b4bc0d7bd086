"""Suites from JSONL: each line one `Item`, each mistake named by file, line and field."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from janus_bench.quality.task import Answer, ArtifactBytes, Task, ToolCall

from .assets import Assets
from .item import AnswerLine, ArtifactLine, CallLine, Item
from .suite import SuiteError

MadeT = TypeVar("MadeT")


def read_tasks(paths: Iterable[Path], assets: Path) -> tuple[Task, ...]:
    """All tasks of these files. Raises `SuiteError`."""
    tasks: dict[str, Task] = {}
    beside = Assets(assets)
    for path in paths:
        for place, task in _tasks_of(path, beside):
            if task.id in tasks:
                raise SuiteError(f"{place}: id: {task.id!r} stands twice in the suite")
            tasks[task.id] = task
    return tuple(tasks.values())


def task_of(item: Item, scoring: dict[str, Any], assets: Assets) -> Task:
    """A task, with its assets in place. Raises `ValueError` with the field."""
    request = item.request.model_dump(exclude_unset=True, mode="json")
    request.setdefault("temperature", item.request.temperature)
    if item.prompt is not None:
        request["messages"] = [{"role": "user", "content": item.prompt}]
    return Task(
        id=item.id,
        benchmark=item.benchmark,
        category=item.category,
        request=_named("request", lambda: assets.resolved(request)),
        scoring=scoring,
        accepted=_named("accepted", lambda: tuple(_answer(line, assets) for line in item.accepted)),
        rejected=_named("rejected", lambda: tuple(_answer(line, assets) for line in item.rejected)),
        modalities=frozenset(item.modalities),
        source=item.source,
        licence=item.licence,
    )


def _tasks_of(path: Path, assets: Assets) -> Iterator[tuple[str, Task]]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            place = f"{path}:{number}"
            yield place, _task(line, place, assets)


def _task(line: str, place: str, assets: Assets) -> Task:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{place}: no JSON: {error}") from None
    if not isinstance(value, dict):
        raise SuiteError(f"{place}: an object is needed")
    try:
        return task_of(Item.model_validate(value), value["scoring"], assets)
    except ValidationError as error:
        raise SuiteError(f"{place}: {_first(error)}") from None
    except ValueError as error:
        raise SuiteError(f"{place}: {error}") from None


def _first(error: ValidationError) -> str:
    """The first mistake: its field and its reason."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    return f"{field}: {reason}" if field else reason


def _named(field: str, make: Callable[[], MadeT]) -> MadeT:
    try:
        return make()
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def _answer(line: str | AnswerLine, assets: Assets) -> Answer:
    if isinstance(line, str):
        return Answer(content=line, finish_reason="stop")
    return Answer(
        content=line.content,
        reasoning=line.reasoning,
        tool_calls=tuple(_call(call) for call in line.tool_calls),
        artifacts=tuple(_artifact(artifact, assets) for artifact in line.artifacts),
        finish_reason=line.finish_reason or ("tool_calls" if line.tool_calls else "stop"),
    )


def _call(line: CallLine) -> ToolCall:
    written = line.arguments if isinstance(line.arguments, str) else json.dumps(line.arguments)
    return ToolCall(name=line.name, arguments=written)


def _artifact(line: ArtifactLine, assets: Assets) -> ArtifactBytes:
    content = _content(line, assets)
    digest = line.sha256 or hashlib.sha256(content).hexdigest()
    return ArtifactBytes(name=line.name, mime_type=line.mime_type, sha256=digest, content=content)


def _content(line: ArtifactLine, assets: Assets) -> bytes:
    if line.asset is not None:
        return assets.read(line.asset)
    if line.text is not None:
        return line.text.encode()
    try:
        return base64.b64decode(line.base64 or "", validate=True)
    except binascii.Error as error:
        raise ValueError(f"artifacts: base64: {error}") from None
