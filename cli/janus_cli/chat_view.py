"""Shows an answer as it comes: the text on standard output, everything about it dimmed on standard error."""

import json
import os
import sys
import time
from typing import Protocol, TextIO

from google.protobuf import json_format

from janus_mesh.errors import JanusError
from janus_proto._gen.janus.chat.v1 import event_pb2

from .error_line import error_line
from .screen import style_of

_DIM, _RED = "2", "31"


class ChatView(Protocol):
    """What a question's asker tells a view, in this order."""

    def asked(self) -> None:
        """The request is about to be sent."""

    def show(self, event: event_pb2.ChatEvent) -> None:
        """An event came."""

    def interrupted(self) -> None:
        """The user stopped the answer."""

    def failed(self, error: JanusError, target: str) -> None:
        """The answer of `target` ended with an error."""


class JsonView:
    """Every event, an error included, as one JSON object a line in protobuf's JSON form."""

    def asked(self) -> None:
        pass

    def show(self, event: event_pb2.ChatEvent) -> None:
        text = json_format.MessageToJson(event, indent=None, preserving_proto_field_name=True)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def interrupted(self) -> None:
        pass

    def failed(self, error: JanusError, target: str) -> None:
        self.show(event_pb2.ChatEvent(error=error.to_proto()))
        sys.stderr.write(error_line(error, target) + "\n")


class TextView:
    """Text for people. Only the answer goes to standard output, so that it can be piped on."""

    def __init__(self) -> None:
        self.answer = ""
        self._sides = style_of(2, os.environ)
        self._raw = not sys.stdout.isatty()
        self._open: TextIO | None = None  # the stream whose last line is not ended
        self._asked_at = self._first_at = 0.0
        self._competitor = ""

    def asked(self) -> None:
        self._asked_at = time.monotonic()

    def show(self, event: event_pb2.ChatEvent) -> None:
        match event.WhichOneof("payload"):
            case "content":
                self.answer += event.content
                self._speak(event.content)
            case "refusal":
                self._speak(event.refusal)
            case "reasoning":
                self._mark_first()
                self._write(sys.stderr, self._sides.paint(harmless(event.reasoning), _DIM))
            case "tool_call":
                if event.tool_call.name:
                    self._aside(f"calls {event.tool_call.name}")
            case "artifact":
                self._aside(
                    f"brings {event.artifact.display_name or event.artifact.id}: {event.artifact.url[:200]}"
                )
            case "janus":
                self._step(event.janus)
            case "finish":
                self._summary(event.finish)

    def interrupted(self) -> None:
        self._aside("stopped")

    def failed(self, error: JanusError, target: str) -> None:
        self._end_line()
        sys.stderr.write(self._sides.paint(harmless(error_line(error, target)), _RED) + "\n")

    def _speak(self, text: str) -> None:
        self._mark_first()
        self._write(sys.stdout, text if self._raw else harmless(text))

    def _step(self, step: event_pb2.JanusEvent) -> None:
        payload = _particulars(step)
        if step.event == "route":
            self._competitor = str(payload.get("competitor_id", ""))
            if payload.get("attempt", 1) == 1:
                return  # the last line says who answered; only another attempt is news
        said = " ".join(f"{key}={value}" for key, value in payload.items())
        self._aside(f"{step.event} {said}".rstrip())

    def _summary(self, finish: event_pb2.Finish) -> None:
        now = time.monotonic()
        parts = [self._competitor] if self._competitor else []
        if self._first_at:
            parts.append(f"first token {self._first_at - self._asked_at:.2f} s")
        if tokens := finish.usage.completion_tokens:
            parts.append(f"{tokens} tokens")
            # The first token's time is told apart, so the rate is that of the others.
            if tokens > 1 and now > self._first_at > 0:
                parts.append(f"{(tokens - 1) / (now - self._first_at):.0f} tokens/s")
        parts.append(f"{now - self._asked_at:.2f} s in all")
        self._aside(", ".join(parts))

    def _mark_first(self) -> None:
        self._first_at = self._first_at or time.monotonic()

    def _aside(self, text: str, codes: str = _DIM) -> None:
        """A line of its own beside the answer."""
        self._end_line()
        sys.stderr.write(self._sides.paint(f"({harmless(text)})", codes) + "\n")
        sys.stderr.flush()

    def _write(self, stream: TextIO, text: str) -> None:
        if self._open is not None and self._open is not stream:
            self._end_line()
        stream.write(text)
        stream.flush()
        self._open = stream

    def _end_line(self) -> None:
        if self._open is not None:
            self._open.write("\n")
            self._open.flush()
            self._open = None


def _particulars(step: event_pb2.JanusEvent) -> dict[str, object]:
    """What a step says of itself; nothing when that is no JSON object."""
    try:
        payload = json.loads(step.payload_json)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def harmless(text: str) -> str:
    """Text without what could steer a terminal (C0 and C1 controls but line ends and tabs)."""
    return "".join(c for c in text if c in "\n\t" or not (c < " " or "\x7f" <= c <= "\x9f"))
