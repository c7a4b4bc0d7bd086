"""What the agent does, as the events that its caller sees."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall, ToolMessage

from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

from .model import REASONING

ChatEvent = pb.ChatEvent
_SHOWN_CHARACTERS = 200
_DEEDS = {
    "web_search": "Searching for {query}.",
    "web_fetch": "Reading {url}.",
    "vector_search": "Looking through the notes for {query}.",
    "vector_add": "Keeping a note.",
}


class Narration:
    """One answer under way: its text and reasoning as they come, its steps, and what it took."""

    def __init__(self) -> None:
        self.usage = pb.Usage()
        self.finish_reason = "stop"
        self._begun: dict[str, tuple[str, float]] = {}  # tools at work: name, and when they began

    def piece(self, chunk: BaseMessage) -> Iterator[ChatEvent]:
        """Of a model's turn."""
        if not isinstance(chunk, AIMessageChunk):
            return
        if reasoning := chunk.additional_kwargs.get(REASONING):
            yield ChatEvent(reasoning=reasoning)
        if text := chunk.text:
            yield ChatEvent(content=text)

    def calls(self, chunk: BaseMessage) -> Iterator[ChatEvent]:
        """Of a call of the caller's own tools, which it is to make itself."""
        if isinstance(chunk, AIMessageChunk):
            for call in chunk.tool_call_chunks:
                yield ChatEvent(
                    tool_call=pb.ToolCallDelta(
                        index=call["index"] or 0,
                        id=call["id"] or "",
                        type="function" if call["id"] else "",
                        name=call["name"] or "",
                        arguments=call["args"] or "",
                    )
                )

    def turn(self, messages: Sequence[BaseMessage]) -> Iterator[ChatEvent]:
        """What a step of the agent led to: tools that begin, or tools that ended."""
        for message in messages:
            if isinstance(message, AIMessage):
                self.count(message)
                for call in message.tool_calls:
                    yield from self._start(call)
            elif isinstance(message, ToolMessage):
                yield self._end(message)

    def count(self, message: AIMessage) -> None:
        """Adds what a turn of the model took."""
        if usage := message.usage_metadata:
            self.usage.prompt_tokens += usage["input_tokens"]
            self.usage.completion_tokens += usage["output_tokens"]
            self.usage.total_tokens += usage["input_tokens"] + usage["output_tokens"]
        self.finish_reason = str(message.response_metadata.get("finish_reason") or self.finish_reason)

    def _start(self, call: ToolCall) -> Iterator[ChatEvent]:
        call_id, name = call["id"] or "", call["name"]
        self._begun[call_id] = name, time.monotonic()
        arguments = {key: str(value)[:_SHOWN_CHARACTERS] for key, value in call["args"].items()}
        yield _step("tool_start", {"id": call_id, "name": name, "arguments": arguments})
        yield ChatEvent(reasoning=_deed(name, arguments) + "\n")

    def _end(self, message: ToolMessage) -> ChatEvent:
        name, began = self._begun.pop(message.tool_call_id, (message.name or "", time.monotonic()))
        payload = {
            "id": message.tool_call_id,
            "name": name,
            "ok": message.status == "success",
            "seconds": round(time.monotonic() - began, 3),
            "characters": len(message.text),
        }
        return _step("tool_end", payload)


def _deed(name: str, arguments: dict[str, str]) -> str:
    try:
        return _DEEDS[name].format(**arguments)
    except KeyError:  # a tool or an argument that the model made up
        return f"Trying {name[:60]}."


def _step(event: str, payload: dict[str, Any]) -> ChatEvent:
    return ChatEvent(janus=pb.JanusEvent(event=event, payload_json=json.dumps(payload)))
