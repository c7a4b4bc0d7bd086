"""The fast path: one call of the model, its answer passed on as it is made.

It adds one event of its own at the start, which says which path was taken. What the proxy refuses is
refused in the proxy's words; what breaks off in the middle ends with an error event and no `[DONE]`.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

import orjson

from janus_mesh.errors import DeadlineExceeded, Unavailable

from .answer import Head, Parts
from .conversation import Conversation
from .deltas import head_of, step
from .events import EventSplitter, data_of
from .inference import InferenceClient
from .patience import Patience
from .proxied_answer import ProxiedAnswer
from .settings import AgentCliSettings
from .verdict import Verdict

_FINISHED = re.compile(rb'"finish_reason"\s*:\s*"')


class FastPath:
    """Answers conversations through the inference proxy."""

    def __init__(self, settings: AgentCliSettings, inference: InferenceClient) -> None:
        self._settings = settings
        self._inference = inference

    async def answer(
        self, conversation: Conversation, request_id: str, token: str, verdict: Verdict
    ) -> Parts:
        """A `Head`, then the body. Raises the typed error when there is no answer, or no more of it."""
        patience = Patience(self._settings, streams=conversation.streams)
        body = conversation.for_inference(model=self._settings.model, max_tokens=self._settings.max_tokens)
        try:
            async with AsyncExitStack() as stack:
                async with patience.wait():
                    response = await stack.enter_async_context(self._inference.chat(body, request_id, token))
                answer = ProxiedAnswer(response, patience)
                parts = _streamed if await answer.streams() else _whole
                async with aclosing(parts(answer, patience, verdict)) as made:
                    async for part in made:
                        yield part
        except TimeoutError:
            raise DeadlineExceeded(
                "the inference proxy did not answer in time", code="inference_timeout"
            ) from None


async def _whole(answer: ProxiedAnswer, _: Patience, verdict: Verdict) -> Parts:
    """An answer in one piece, or the proxy's refusal."""
    body = await answer.whole()
    if answer.status != 200 and not _is_error(body, answer.status):
        raise Unavailable(f"the inference proxy failed with status {answer.status}", code="inference_failed")
    yield Head(
        answer.status,
        answer.content_type or "application/json",
        answer.retry_after,
        verdict.path,
        verdict.reason,
    )
    yield body


def _is_error(body: bytes, status: int) -> bool:
    """Whether this is an error as OpenAI writes it, or any verdict on the request in JSON (vLLM's, say)."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(fields, dict):
        return False
    return isinstance(fields.get("error"), dict) or (400 <= status < 500 and bool(fields))


async def _streamed(answer: ProxiedAnswer, patience: Patience, verdict: Verdict) -> Parts:
    """The path taken, then the proxy's events."""
    begun = ended = finished = False
    async with aclosing(_events(answer, patience)) as batches:
        async for events in batches:
            first = next(filter(data_of, events), None)
            if not begun and first is None:
                continue  # comments before the answer
            if not begun and first is not None:
                begun = True
                yield head_of(True, verdict.path, verdict.reason)
                yield _event(_step_beside(first, verdict))
            ended = ended or any(map(_ends, events))
            finished = finished or any(map(_FINISHED.search, events))
            yield b"".join(map(_event, events))
    if ended:
        return
    if not finished:
        raise Unavailable("the inference proxy stopped before the end", code="inference_failed")
    yield _event(b"data: [DONE]")  # some servers leave it out


async def _events(answer: ProxiedAnswer, patience: Patience) -> AsyncGenerator[list[bytes], None]:
    """The events that each read completes; at last one without a blank line after it."""
    splitter = EventSplitter("the inference proxy")
    async with aclosing(answer.reads()) as reads:
        async for data in reads:
            if events := splitter.feed(data):
                yield events
                patience.event()
    rest = splitter.rest()
    if _is_whole(data_of(rest)):
        yield [rest]


def _is_whole(data: bytes) -> bool:
    """Whether a payload was not cut off."""
    if data == b"[DONE]":
        return True
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


def _event(event: bytes) -> bytes:
    return event + b"\n\n"


def _ends(event: bytes) -> bool:
    data = data_of(event)
    return data == b"[DONE]" or data.startswith(b'{"error"')


def _step_beside(first: bytes, verdict: Verdict) -> bytes:
    """A chunk that tells the path, with the id, model and time of the answer's first chunk."""
    try:
        chunk = orjson.loads(data_of(first))
    except orjson.JSONDecodeError:  # whoever reads the stream will say so
        chunk = None
    if not isinstance(chunk, dict):
        chunk = {}
    shared: dict[str, Any] = {name: chunk[name] for name in ("id", "created", "model") if name in chunk}
    choice = {"index": 0, "delta": step("path", **verdict.payload()).fields, "finish_reason": None}
    return b"data: " + orjson.dumps({**shared, "object": "chat.completion.chunk", "choices": [choice]})
