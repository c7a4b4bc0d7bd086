"""What the model made, written as OpenAI writes it: chunk by chunk, or whole at the end."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from janus_platform.reply import EVENT_STREAM, Reply

from .function_call import CallDelta
from .generation import Usage

_STREAM_HEADERS = {
    "content-type": f"{EVENT_STREAM}; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}


class Answer(Protocol):
    """Takes in what each choice brings, in any order among choices."""

    async def begin(self, choice: int) -> None: ...

    async def text(self, choice: int, text: str, logprobs: dict[str, Any] | None) -> None: ...

    async def call(self, choice: int, delta: CallDelta) -> None: ...

    async def finish(self, choice: int, reason: str) -> None: ...

    async def end(self, usage: Usage) -> None: ...


def _stamp(model: str) -> dict[str, Any]:
    """What all chunks of an answer share."""
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def _call_id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"


class StreamedAnswer:
    """Writes each delta at once; the status goes out with the first."""

    def __init__(self, reply: Reply, model: str, *, include_usage: bool) -> None:
        self._reply = reply
        self._include_usage = include_usage
        self._opening = asyncio.Lock()  # choices begin at the same time
        self._constant = {**_stamp(model), "object": "chat.completion.chunk"}
        if include_usage:
            self._constant["usage"] = None

    async def begin(self, choice: int) -> None:
        async with self._opening:
            if not self._reply.started:
                await self._reply.start(200, _STREAM_HEADERS)
        await self._choice(choice, {"role": "assistant", "content": ""})

    async def text(self, choice: int, text: str, logprobs: dict[str, Any] | None) -> None:
        await self._choice(choice, {"content": text}, logprobs)

    async def call(self, choice: int, delta: CallDelta) -> None:
        function = {"arguments": delta.arguments}
        call: dict[str, Any] = {"index": 0, "function": function}
        if delta.name:
            call |= {"id": _call_id(), "type": "function", "function": {"name": delta.name, **function}}
        await self._choice(choice, {"tool_calls": [call]})

    async def finish(self, choice: int, reason: str) -> None:
        await self._choice(choice, {}, finish=reason)

    async def end(self, usage: Usage) -> None:
        if self._include_usage:
            await self._event({"choices": [], "usage": _usage(usage)})
        await self._reply.write(b"data: [DONE]\n\n")
        await self._reply.end()

    async def _choice(
        self,
        index: int,
        delta: dict[str, Any],
        logprobs: dict[str, Any] | None = None,
        finish: str | None = None,
    ) -> None:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        await self._event({"choices": [choice]})

    async def _event(self, fields: dict[str, Any]) -> None:
        await self._reply.write(b"data: " + orjson.dumps({**self._constant, **fields}) + b"\n\n")


@dataclass(slots=True)
class _Choice:
    text: list[str] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    finish: str = ""

    def body(self, index: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.text), "refusal": None}
        if self.name:
            function = {"name": self.name, "arguments": "".join(self.arguments)}
            call = {"id": _call_id(), "type": "function", "function": function}
            message |= {"content": None, "tool_calls": [call]}
        logprobs = {"content": self.logprobs} if self.logprobs else None
        return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": self.finish}


class WholeAnswer:
    """Keeps everything until the end and answers in one piece."""

    def __init__(self, reply: Reply, model: str, choices: int) -> None:
        self._reply = reply
        self._stamp = _stamp(model)
        self._choices = [_Choice() for _ in range(choices)]

    async def begin(self, choice: int) -> None:
        pass

    async def text(self, choice: int, text: str, logprobs: dict[str, Any] | None) -> None:
        self._choices[choice].text.append(text)
        if logprobs:
            self._choices[choice].logprobs += logprobs["content"]

    async def call(self, choice: int, delta: CallDelta) -> None:
        made = self._choices[choice]
        made.name = made.name or delta.name
        made.arguments.append(delta.arguments)

    async def finish(self, choice: int, reason: str) -> None:
        self._choices[choice].finish = reason

    async def end(self, usage: Usage) -> None:
        choices = [choice.body(index) for index, choice in enumerate(self._choices)]
        body = {**self._stamp, "object": "chat.completion", "choices": choices, "usage": _usage(usage)}
        await self._reply.json(200, body)
