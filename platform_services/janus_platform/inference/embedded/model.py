"""The embedded model as a backend: validates a call, waits for a slot, generates, writes the answer."""

import asyncio
from contextlib import aclosing
from types import TracebackType
from typing import Self

import httpx

from janus_mesh.errors import DeadlineExceeded, NotFound
from janus_platform.embeddings import openai_form
from janus_platform.embeddings.embedder import MODEL_ID as EMBEDDING_MODEL_ID
from janus_platform.embeddings.embedder import Embedder
from janus_platform.inference.backend import Health
from janus_platform.inference.call import Call, CallRecord
from janus_platform.parsing import parse
from janus_platform.pictures.reading import PictureReader
from janus_platform.reply import Reply

from .admission import Admission
from .answer import Answer, StreamedAnswer, WholeAnswer
from .function_call import CallReader, demanded
from .generation import Order, Piece, Usage, generate, order
from .pictures import NOTICE, in_words
from .request import ChatRequest
from .runtime import ModelRuntime

MODEL_ID = "smollm2-135m-instruct"
DESCRIPTION = (
    "SmolLM2-135M-Instruct, a small demonstration model on this machine's CPU: it knows the capital "
    "of France and little more. Configure a provider for real answers."
)

# llama.cpp would speak more, but whoever does fills many times this model's context before the first word.
_CHAT_ALONE = "the embedded demonstration model speaks chat completions alone; configure a provider"


class EmbeddedModel:
    """A `Backend` over a `ModelRuntime`; `async with` starts loading and returns at once."""

    name = "embedded"

    def __init__(
        self,
        runtime: ModelRuntime,
        *,
        queue: int,
        total_timeout: float,
        gap_timeout: float,
        embedder: Embedder | None = None,
        pictures: PictureReader | None = None,
    ) -> None:
        self._runtime = runtime
        self._admission = Admission(slots=runtime.slots, queue=queue)
        self._total_timeout = total_timeout
        self._gap_timeout = gap_timeout
        self._embedder = embedder
        self._pictures = pictures

    def health(self) -> Health:
        state = self._runtime.state
        return Health(state.status, self.name, MODEL_ID, state.reason)

    async def chat(self, call: Call, reply: Reply, record: CallRecord) -> None:
        record.model = MODEL_ID
        body, pictures = call.body, 0
        if self._pictures is not None:
            body, pictures = await in_words(call.body, self._pictures)
        request = parse(ChatRequest, body)
        functions = demanded(request)
        orders = [order(request, functions, choice) for choice in range(request.choices)]
        client = self._runtime.client()
        in_prose = not functions and request.response_format is None
        notice = NOTICE if pictures and in_prose else ""
        answer: Answer = (
            StreamedAnswer(reply, MODEL_ID, include_usage=request.include_usage)
            if request.stream
            else WholeAnswer(reply, MODEL_ID, len(orders))
        )
        writers = [
            _ChoiceWriter(answer, index, record, CallReader() if functions else None, notice)
            for index in range(len(orders))
        ]
        try:
            async with asyncio.timeout(self._total_timeout):
                with self._admission.call():
                    usage = await self._generate(client, orders, writers)
        except TimeoutError:
            raise DeadlineExceeded(f"the answer took longer than {self._total_timeout:g} s") from None
        record.prompt_tokens, record.completion_tokens = usage.prompt_tokens, usage.completion_tokens
        await answer.end(usage)

    async def responses(self, call: Call, reply: Reply, record: CallRecord) -> None:  # noqa: ARG002
        raise NotFound(_CHAT_ALONE)

    async def messages(self, call: Call, reply: Reply, record: CallRecord) -> None:  # noqa: ARG002
        raise NotFound(_CHAT_ALONE)

    async def embeddings(self, call: Call, reply: Reply, record: CallRecord) -> None:
        if self._embedder is None:
            raise NotFound("there are no embeddings here; configure a provider")
        record.model = EMBEDDING_MODEL_ID
        body, tokens = await openai_form.answer(call.body, self._embedder)
        record.prompt_tokens, record.completion_tokens = tokens, 0
        await reply.json(200, body)

    async def images(self, call: Call, reply: Reply, record: CallRecord) -> None:  # noqa: ARG002
        raise NotFound("the embedded demonstration model makes no images; configure a provider")

    async def models(self, reply: Reply, record: CallRecord) -> None:  # noqa: ARG002
        entry = {
            "id": MODEL_ID,
            "object": "model",
            "created": 0,
            "owned_by": "janus",
            "description": DESCRIPTION,
            "context_length": self._runtime.context,
        }
        embedding = {"id": EMBEDDING_MODEL_ID, "object": "model", "created": 0, "owned_by": "janus"}
        data = [entry] if self._embedder is None else [entry, embedding]
        await reply.json(200, {"object": "list", "data": data})

    async def __aenter__(self) -> Self:
        self._runtime.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runtime.stop()

    async def _generate(
        self, client: httpx.AsyncClient, orders: list[Order], writers: list["_ChoiceWriter"]
    ) -> Usage:
        """Makes all choices, at once as far as there are slots; the first failure stops the others."""
        try:
            async with asyncio.TaskGroup() as group:
                made = [
                    group.create_task(self._choice(client, *pair))
                    for pair in zip(orders, writers, strict=True)
                ]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        usages = [task.result() for task in made]
        return Usage(usages[0].prompt_tokens, sum(usage.completion_tokens for usage in usages))

    async def _choice(self, client: httpx.AsyncClient, order: Order, writer: "_ChoiceWriter") -> Usage:
        usage = Usage(0, 0)
        parts = generate(client, order, gap_timeout=self._gap_timeout)
        async with self._admission.slot(), aclosing(parts):
            async for part in parts:
                if isinstance(part, Usage):
                    usage = part
                else:
                    await writer.take(part)
        return usage


class _ChoiceWriter:
    """Puts the pieces of one choice into the answer: as text, or as the function call that they spell."""

    def __init__(
        self, answer: Answer, index: int, record: CallRecord, reader: CallReader | None, notice: str
    ) -> None:
        self._answer = answer
        self._index = index
        self._record = record
        self._reader = reader
        self._notice = notice
        self._begun = False

    async def take(self, piece: Piece) -> None:
        if not self._begun:
            self._begun = True
            await self._answer.begin(self._index)
            if self._notice:
                await self._answer.text(self._index, self._notice, None)
        if piece.text:
            # The best count there is if the caller leaves: the model makes a token a piece.
            self._record.completion_tokens = (self._record.completion_tokens or 0) + 1
            await self._write(piece)
        if piece.finish:
            called = self._reader is not None and self._reader.complete
            await self._answer.finish(self._index, "tool_calls" if called else piece.finish)

    async def _write(self, piece: Piece) -> None:
        if self._reader is None:
            await self._answer.text(self._index, piece.text, piece.logprobs)
            return
        for delta in self._reader.feed(piece.text):
            await self._answer.call(self._index, delta)
