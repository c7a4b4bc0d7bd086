"""An answer in the making, as OpenAI's chunks have it: delta by delta, then what it took."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson

from .answer import EVENT_STREAM, Head, Parts

JsonObject = dict[str, Any]
PING = b": ping\n\n"


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer; `finish` is OpenAI's reason, in the last one."""

    fields: JsonObject = field(default_factory=dict)
    finish: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the answer took, as OpenAI's `usage`; comes after the last delta."""

    usage: JsonObject


class Silence:
    """Nothing happened for a while."""


Deltas = AsyncGenerator[Delta | Figures | Silence, None]


def step(event: str, **payload: Any) -> Delta:
    """A step that only Janus knows."""
    return Delta({"janus": {"event": event, "payload": payload}})


def reasoning(text: str) -> Delta:
    return Delta({"reasoning_content": text})


def content(text: str) -> Delta:
    return Delta({"content": text})


@dataclass(frozen=True, slots=True)
class Identity:
    """What every chunk of an answer says."""

    id: str
    model: str
    created: int = field(default_factory=lambda: int(time.time()))


async def streamed(deltas: Deltas, head: Head, identity: Identity, *, usage: bool) -> Parts:
    """The answer as an event stream, with its figures if they are wanted."""
    yield head
    shared: JsonObject = {"id": identity.id, "object": "chat.completion.chunk"}
    shared |= {"created": identity.created, "model": identity.model}
    async with aclosing(deltas):
        async for said in deltas:
            match said:
                case Silence():
                    yield PING
                case Delta(fields, finish):
                    choice = {"index": 0, "delta": fields, "finish_reason": finish}
                    yield _event({**shared, "choices": [choice]})
                case Figures(figures) if usage:
                    yield _event({**shared, "choices": [], "usage": figures})
    yield b"data: [DONE]\n\n"


async def whole(deltas: Deltas, head: Head, identity: Identity) -> Parts:
    """The answer in one piece."""
    message = {"content": "", "reasoning_content": ""}
    artifacts: list[JsonObject] = []
    finish, usage = None, None
    async with aclosing(deltas):
        async for said in deltas:
            if isinstance(said, Figures):
                usage = said.usage
            elif isinstance(said, Delta):
                for name in message:
                    message[name] += said.fields.get(name, "")
                told = said.fields.get("janus", {})
                if told.get("event") == "artifact":
                    artifacts.append(told["payload"])
                finish = said.finish or finish
    body = {
        "id": identity.id,
        "object": "chat.completion",
        "created": identity.created,
        "model": identity.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", **message, "artifacts": artifacts},
                "finish_reason": finish,
            }
        ],
        "usage": usage,
    }
    yield head
    yield orjson.dumps(body)


def head_of(streams: bool, path: str, reason: str) -> Head:
    """How an answer by this path begins."""
    return Head(200, EVENT_STREAM if streams else "application/json", path=path, reason=reason)


def _event(chunk: JsonObject) -> bytes:
    return b"data: " + orjson.dumps(chunk) + b"\n\n"
