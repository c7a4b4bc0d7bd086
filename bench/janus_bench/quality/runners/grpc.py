"""Asks over gRPC, as a client of `janus.chat.v1.ChatService`.

Events are stamped in the callback that brings them.
"""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import orjson

from janus_bench.quality.json_shapes import text
from janus_bench.quality.observation import Answering, ArtifactLink, Observation, Usage
from janus_mesh import Peer, Said, dial
from janus_mesh.errors import JanusError
from janus_mesh.openai import read_chat_request
from janus_proto._gen.janus.chat.v1 import event_pb2

from . import failures
from .artifacts import GrpcFiles, fetch_all
from .bounds import Bounds
from .target import Target


class GrpcRunner:
    """One peer for all questions: exchanges share its links."""

    def __init__(self, target: Target, bounds: Bounds) -> None:
        self._target = target
        self._bounds = bounds
        self._peer: Peer | None = None

    async def ask(self, request: Mapping[str, Any]) -> Observation:
        assert self._peer is not None, "a runner asks inside its `async with` block"
        asked = read_chat_request(self._target.asking(request)).request
        reader = _EventReader(self._bounds)
        try:
            async with self._peer.chat(
                asked,
                deadline=self._bounds.total_seconds,
                first_event=self._bounds.silence_seconds,
                gap=self._bounds.silence_seconds,
            ) as exchange:
                await exchange.push(reader.take)
                reader.take([*await exchange.burst()])
                while not reader.over and (more := await exchange.burst()):
                    reader.take([*more])
        except JanusError as error:
            reader.answering.fail(time.monotonic() - reader.sent_at, failures.of_error(error))
        ended_at = time.monotonic() - reader.sent_at
        answering = reader.answering
        files = GrpcFiles(self._peer, self._bounds.artifact_seconds)
        artifacts = await fetch_all(answering, files, self._bounds)
        return answering.observed(reader.sent_at, reader.ended_at or ended_at, artifacts)

    async def __aenter__(self) -> Self:
        self._peer = dial(self._target.authority)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._peer is not None:
            await self._peer.close()


class _EventReader:
    """Takes events as they come, until the finish or until there are too many."""

    def __init__(self, bounds: Bounds) -> None:
        self.sent_at = time.monotonic()
        self.answering = Answering()
        self.ended_at = 0.0
        self.over = False
        self._bounds = bounds
        self._bytes = 0

    def take(self, said: list[Said]) -> bool:
        t = time.monotonic() - self.sent_at
        for event in said:
            if isinstance(event, str):
                self._bytes += len(event)
                self.answering.say(t, "content", event)
            else:
                self._bytes += event.ByteSize()
                self._take_event(t, event)
        if len(self.answering.events) > self._bounds.events:
            self._stop(t, f"{self._bounds.events} events")
        elif self._bytes > self._bounds.answer_bytes:
            self._stop(t, f"{self._bounds.answer_bytes} bytes")
        return not self.over

    def _stop(self, t: float, what: str) -> None:
        self.answering.fail(t, failures.too_much(what))
        self.over, self.ended_at = True, t

    def _take_event(self, t: float, event: event_pb2.ChatEvent) -> None:
        answering = self.answering
        if event.choice != 0:
            return
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
            case "finish":
                if event.finish.HasField("usage"):
                    self._take_usage(t, event.finish.usage)
                self.over, self.ended_at = True, t

    def _take_step(self, t: float, step: event_pb2.JanusEvent) -> None:
        self.answering.note(t, "step", len(step.event))
        if step.event == "route":
            self.answering.competitor_id = text(_parsed(step.payload_json), "competitor_id")

    def _take_usage(self, t: float, usage: event_pb2.Usage) -> None:
        self.answering.note(t, "usage")
        self.answering.usage = Usage(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            cost_usd=usage.cost_usd if usage.HasField("cost_usd") else None,
            sandbox_seconds=usage.sandbox_seconds if usage.HasField("sandbox_seconds") else None,
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
