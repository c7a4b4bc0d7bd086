"""Scripted answers for a chat server of the mesh: a native competitor, as far as its callers can tell."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import janus_mesh as mesh
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

ChatEvent = event_pb2.ChatEvent


def ask(model: str = "m", text: str = "hello", **fields: object) -> request_pb2.ChatRequest:
    """A request with one user message."""
    message = request_pb2.Message(role=request_pb2.ROLE_USER, text=text)
    return request_pb2.ChatRequest(model=model, messages=[message], **fields)  # type: ignore[arg-type]


def finish(prompt: int = 1, completion: int = 1) -> event_pb2.ChatEvent:
    """The last event of an answer."""
    usage = event_pb2.Usage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )
    return ChatEvent(finish=event_pb2.Finish(usage=usage))


class Witness:
    """Sees how an answer fares: when it began, what was sent, and whether its caller left."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.done = asyncio.Event()
        self.sent = 0

    async def send(self, exchange: mesh.Exchange, event: event_pb2.ChatEvent) -> None:
        await exchange.send(event)
        self.sent += 1

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Wraps an answer's body."""
        self.began.set()
        try:
            yield
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        finally:
            self.done.set()


async def say(exchange: mesh.Exchange, *words: str) -> None:
    """A plain answer of these words."""
    await exchange.send(ChatEvent(start=event_pb2.AnswerStart(model=exchange.request.model)))
    for word in words:
        await exchange.send(ChatEvent(content=word))
    await exchange.send(ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop")))
    await exchange.send(finish(completion=len(words)))
