"""Reads the answer of one `ChatService.Chat` call: each message, with when its bytes arrived."""

import asyncio

import grpc
import orjson
from google.protobuf.message import DecodeError

from janus_bench.quality.json_shapes import text
from janus_bench.quality.observation import Answering, ArtifactLink, Usage, source_in
from janus_bench.quality.task import Failure
from janus_mesh.errors import CompetitorFailed, JanusError, from_grpc
from janus_proto._gen.janus.chat.v1 import chat_pb2, event_pb2

from . import failures
from .bounds import Bounds, TooMuch

_STATUS = {code.value[0]: code for code in grpc.StatusCode}


class ChatEventReader:
    """A `CallReader` that fills an `Answering`, within bounds, until the finish or an error."""

    def __init__(self, answering: Answering, bounds: Bounds) -> None:
        self.sent_at = 0.0
        self.last_at = 0.0
        self.done = asyncio.Event()  # the finish came, or the call is over
        self._answering = answering
        self._bounds = bounds
        self._bytes = 0
        self._messages = 0
        self._failure: Failure | None = None  # what ended it without a finish

    def feed(self, message: bytes, now: float) -> None:
        if self.done.is_set():
            return
        self.last_at = now
        self._bytes += len(message)
        try:
            frame = chat_pb2.ChatServiceChatResponse.FromString(message)
        except DecodeError:
            self._give_up(failures.cut_off("a message is no event"))
            return
        # Foreign servers may leave the numbering out; who numbers must not skip.
        if frame.seq and frame.seq != self._messages:
            said = f"event {self._messages} came as number {frame.seq}"
            self._give_up(failures.of_error(CompetitorFailed(said)))
            return
        self._messages += 1
        self._take(now - self.sent_at, frame.event)
        if self._bytes > self._bounds.answer_bytes:
            self._too_much(f"{self._bounds.answer_bytes} bytes")
        elif len(self._answering.events) > self._bounds.events:
            self._too_much(f"{self._bounds.events} events")

    def end(self, status: int, details: str) -> None:
        if status == 0:
            self._give_up(failures.cut_off("no finish came"))
        else:
            code = _STATUS.get(status, grpc.StatusCode.UNKNOWN)
            nothing = grpc.aio.Metadata()
            error = grpc.aio.AioRpcError(code, nothing, nothing, details)
            self._give_up(failures.of_error(from_grpc(error)))

    def lost(self) -> None:
        self._give_up(failures.cut_off("the connection closed"))

    def refused(self, status: int, body: bytes) -> None:
        self._give_up(failures.of_body(status, body))

    def close(self, ended_at: float, given_up: Failure | None) -> None:
        """Nothing more will be read; the failure that there was, `given_up` before any other."""
        failure = given_up or self._failure
        if failure is not None:
            self._answering.fail(max(0.0, ended_at - self.sent_at), failure)

    def _give_up(self, failure: Failure) -> None:
        if not self.done.is_set():
            self._failure = failure
            self.done.set()

    def _too_much(self, what: str) -> None:
        self._give_up(failures.too_much(what))
        raise TooMuch

    def _take(self, t: float, event: event_pb2.ChatEvent) -> None:
        match event.WhichOneof("payload"):
            case "finish":
                if event.finish.HasField("usage"):
                    self._take_usage(t, event.finish.usage)
                self.done.set()
            case "error":
                self._give_up(failures.of_error(JanusError.from_proto(event.error)))
            case _ if event.choice == 0:
                self._take_delta(t, event)

    def _take_delta(self, t: float, event: event_pb2.ChatEvent) -> None:
        answering = self._answering
        match event.WhichOneof("payload"):
            case "content" | "reasoning" | "refusal" as kind:
                answering.say(t, kind, getattr(event, kind))
            case "tool_call":
                answering.call(t, event.tool_call.index, event.tool_call.name, event.tool_call.arguments)
            case "artifact":
                answering.attach(t, _link(event.artifact))
            case "janus":
                self._take_step(t, event.janus)
            case "usage":
                self._take_usage(t, event.usage)
            case "choice_finish":
                answering.finish(t, event.choice_finish.reason)

    def _take_step(self, t: float, step: event_pb2.JanusEvent) -> None:
        self._answering.note(t, "step", len(step.event))
        if step.event == "route":
            self._answering.competitor_id = text(_parsed(step.payload_json), "competitor_id")

    def _take_usage(self, t: float, usage: event_pb2.Usage) -> None:
        self._answering.note(t, "usage")
        self._answering.usage = Usage(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            cost_usd=usage.cost_usd if usage.HasField("cost_usd") else None,
            sandbox_seconds=usage.sandbox_seconds if usage.HasField("sandbox_seconds") else None,
            source=source_in(_parsed(usage.extra_json)),
        )


def _link(artifact: event_pb2.Artifact) -> ArtifactLink:
    return ArtifactLink(
        name=artifact.display_name or artifact.id,
        mime_type=artifact.mime_type,
        sha256=artifact.sha256,
        size_bytes=artifact.size_bytes,
        url=artifact.url,
    )


def _parsed(document: str) -> object:
    try:
        parsed: object = orjson.loads(document or "{}")
    except orjson.JSONDecodeError:
        return None
    return parsed
