"""The fast path: one call of the model, its answer passed on as it is made.

It adds one event of its own at the start, which says which path was taken. What the proxy refuses is
refused in the proxy's words; what breaks off in the middle ends with an error event and no `[DONE]`.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any, cast

import httpx
import orjson

from janus_mesh.errors import DeadlineExceeded, Unavailable

from .answer import EVENT_STREAM, Head, Parts
from .conversation import Conversation
from .deltas import head_of, step
from .events import EventSplitter, data_of
from .inference import InferenceClient
from .patience import Patience
from .settings import AgentCliSettings
from .verdict import Verdict


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
                parts = _streamed if _streams(response) else _whole
                async with aclosing(parts(response, patience, verdict)) as made:
                    async for part in made:
                        yield part
        except TimeoutError:
            raise DeadlineExceeded(
                "the inference proxy did not answer in time", code="inference_timeout"
            ) from None


def _streams(response: httpx.Response) -> bool:
    return response.status_code == 200 and _content_type(response).startswith(EVENT_STREAM)


def _content_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", ""))


async def _whole(response: httpx.Response, patience: Patience, verdict: Verdict) -> Parts:
    """An answer in one piece, or the proxy's refusal."""
    async with patience.wait():
        body = await response.aread()
    if response.status_code != 200 and not _is_error(body):
        raise Unavailable(
            f"the inference proxy failed with status {response.status_code}", code="inference_failed"
        )
    yield Head(
        response.status_code,
        _content_type(response),
        response.headers.get("retry-after", ""),
        verdict.path,
        verdict.reason,
    )
    yield body


def _is_error(body: bytes) -> bool:
    """Whether this is an error as OpenAI writes it."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(fields, dict) and isinstance(fields.get("error"), dict)


async def _streamed(response: httpx.Response, patience: Patience, verdict: Verdict) -> Parts:
    """The path taken, then the proxy's events."""
    begun = ended = False
    async with aclosing(_events(response, patience)) as batches:
        async for events in batches:
            first = next(filter(data_of, events), None)
            if not begun and first is None:
                continue  # comments before the answer
            if not begun and first is not None:
                begun = True
                yield head_of(True, verdict.path, verdict.reason)
                yield _event(_step_beside(first, verdict))
            ended = ended or any(map(_ends, events))
            yield b"".join(map(_event, events))
    if not ended:
        raise Unavailable("the inference proxy stopped before the end", code="inference_failed")


async def _events(response: httpx.Response, patience: Patience) -> AsyncGenerator[list[bytes], None]:
    """The events that each read completes."""
    splitter = EventSplitter("the inference proxy")
    reads = cast(AsyncGenerator[bytes, None], response.aiter_bytes())
    async with aclosing(reads):
        while True:
            async with patience.wait():
                data = await anext(reads, b"")
            if not data:
                return
            if events := splitter.feed(data):
                yield events
                patience.event()


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
        chunk = {}
    shared: dict[str, Any] = {name: chunk[name] for name in ("id", "created", "model") if name in chunk}
    choice = {"index": 0, "delta": step("path", **verdict.payload()).fields, "finish_reason": None}
    return b"data: " + orjson.dumps({**shared, "object": "chat.completion.chunk", "choices": [choice]})
