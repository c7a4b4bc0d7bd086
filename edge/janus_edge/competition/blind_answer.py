"""One side of a battle as an event stream in which nothing tells who answers.

The competitor's name is known to this process alone. What goes out is the text: no model, no route, no step,
no reasoning, no usage, no unknown fields, no artifact and no address of one, no words of an error, and of the
reasons to finish only OpenAI's. How fast it comes stays visible, and so does what a competitor writes about
itself in its text.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import janus_mesh as mesh
from janus_edge.admission import Admission
from janus_edge.answer_json import Identity
from janus_edge.chunks import ChunkWriter
from janus_edge.content_links import ContentLinks
from janus_edge.departure import until_client_leaves
from janus_edge.openapi import CHAT_RESPONSES, Responses, error_statuses
from janus_edge.record import RequestRecord
from janus_edge.router_client import RouterClient
from janus_edge.settings import EdgeSettings
from janus_edge.steps import Steps
from janus_edge.streaming import AnswerStream
from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError
from janus_mesh.http import ClientLeft
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2
from janus_proto._gen.janus.competition.v1 import arena_pb2

from .client import CompetitionClient
from .schemas import AnswerRequest

_STREAM = CHAT_RESPONSES[200]["content"]["text/event-stream"]
ARENA_ANSWER_RESPONSES: Responses = {
    200: {"description": "The answer's chunks.", "content": {"text/event-stream": _STREAM}},
    **error_statuses(400, 401, 404, 408, 409, 413, 415, 429, 500, 502, 503, 504),
}
_MODEL = "arena"
# The beginning of an answer is enough to know a copy by.
_KEPT_CHARS = 32 * 1024
_SIDES = {"left": arena_pb2.SIDE_LEFT, "right": arena_pb2.SIDE_RIGHT}
_SHOWN = frozenset({"content", "refusal", "artifact", "choice_finish", "finish"})
_REASONS = frozenset({"stop", "length", "content_filter", "tool_calls", "function_call"})
# What the text links to instead of an artifact, whose address names its maker.
_HIDDEN_ARTIFACT = "#artifact"

log = logs.get("edge.arena")


@dataclass(frozen=True, slots=True)
class Ring:
    """What battles need; one per process."""

    client: CompetitionClient
    router: RouterClient
    admission: Admission
    settings: EdgeSettings


class BlindAnswer(Response):
    """From the competitor's name to the answer's last byte."""

    def __init__(self, ring: Ring, asked: AnswerRequest) -> None:
        self.background = None
        self._ring = ring
        self._token = asked.token
        self._side = _SIDES[asked.side]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record = RequestRecord.of(scope)
        record.anonymous = True
        try:
            with self._ring.admission.place():
                async with until_client_leaves(receive, record):
                    await self._answer(record, send)
        except ClientLeft:
            record.client_left = True

    async def _answer(self, record: RequestRecord, send: Send) -> None:
        begun = await self._ring.client.begin_answer(
            arena_pb2.BeginAnswerRequest(token=self._token, side=self._side)
        )
        identity = Identity(f"chatcmpl-{record.request_id.removeprefix('req_')}", int(time.time()), _MODEL)
        writer = _BlindWriter(identity)
        request = request_pb2.ChatRequest(
            model=begun.competitor_id, competitor_id=begun.competitor_id, stream=True
        )
        request.messages.add(role=request_pb2.ROLE_USER, text=begun.prompt)
        noting = _Noting(self, writer)
        try:
            async with self._ring.router.chat(request) as exchange:
                stream = AnswerStream(exchange, writer, record, finale=noting)
                await stream.respond(send, ping_seconds=self._ring.settings.keepalive_seconds)
        except JanusError as error:
            raise noting.told(error) from None
        finally:
            # The service must hear of an answer that broke off, too, and this task may be cancelled.
            if not noting.noted:
                await asyncio.shield(noting.ended(complete=False))

    async def note(self, text: str, *, complete: bool) -> None:
        """Tells the service how this side ended. An answer is not spoilt by a service that went away."""
        answer = arena_pb2.RecordAnswerRequest(
            token=self._token, side=self._side, text=text, complete=complete
        )
        try:
            await self._ring.client.record_answer(answer)
        except JanusError as error:
            log.warning("answer not recorded", reason=error.message)


class _BlindWriter:
    """Lets the text through, and keeps its beginning."""

    def __init__(self, identity: Identity) -> None:
        self._writer = ChunkWriter(
            identity, include_usage=False, artifact_url=lambda _: _HIDDEN_ARTIFACT, steps=Steps.OFF
        )
        self._links = ContentLinks()
        self._kept: list[str] = []
        self._room = _KEPT_CHARS

    @property
    def text(self) -> str:
        """The beginning of the text as readers see it, so that copies do not differ by hidden addresses."""
        return self._links.whole("".join(self._kept))

    def routes(self, events: Iterable[event_pb2.ChatEvent]) -> bytes:  # noqa: ARG002  # they stay hidden
        return b""

    def name_model(self, event: event_pb2.ChatEvent) -> None:
        """Does nothing: the model stays hidden."""

    def write(self, event: mesh.Said) -> bytes:
        if isinstance(event, str):
            self._keep(event)
            return self._writer.write(event)
        kind = event.WhichOneof("payload")
        if kind not in _SHOWN:
            return b""
        if kind == "content":
            self._keep(event.content)
        elif kind == "artifact":
            self._links.announce(event.artifact.url, _HIDDEN_ARTIFACT)
        return self._writer.write(_bare(event, kind))

    def _keep(self, text: str) -> None:
        if text and self._room > 0:
            self._kept.append(text[: self._room])
            self._room -= len(text)


def _bare(event: event_pb2.ChatEvent, kind: str) -> event_pb2.ChatEvent:
    """The event without all that is the competitor's own."""
    if kind == "finish":
        return event_pb2.ChatEvent(finish=event_pb2.Finish())
    bare = event_pb2.ChatEvent(choice=event.choice)
    if kind == "content":
        bare.content = event.content
    elif kind == "refusal":
        bare.refusal = event.refusal
    elif kind == "artifact":
        bare.artifact.url = event.artifact.url
    else:
        reason = event.choice_finish.reason
        bare.choice_finish.reason = reason if reason in _REASONS else "stop"
    return bare


class _Noting:
    """What happens at the stream's end, before its last bytes go out: the vote may come right after."""

    def __init__(self, answer: BlindAnswer, writer: _BlindWriter) -> None:
        self._answer = answer
        self._writer = writer
        self.noted = False

    def told(self, error: JanusError) -> JanusError:
        """Nothing but that it failed: words and kinds of errors differ by competitor."""
        log.info("blind answer failed", code=error.code, reason=error.message)
        return CompetitorFailed("this competitor did not finish its answer")

    async def ended(self, *, complete: bool) -> None:
        self.noted = True
        await self._answer.note(self._writer.text, complete=complete)
