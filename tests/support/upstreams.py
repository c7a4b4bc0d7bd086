"""What stands behind a proxy in its tests: servers that say a word when the test says so."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from support.answers import ChatEvent, finish
from support.stack import free_port

import janus_mesh as mesh
from janus_mesh.errors import JanusError
from janus_proto._gen.janus.chat.v1 import event_pb2

FLOOD = "flood"  # the model whose answers are endless and wait for nobody


class Script:
    """One answer, word by word, and what its server saw of the caller."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.left = asyncio.Event()
        self.request_id = ""
        self.time_remaining: float | None = None
        self._words: asyncio.Queue[str | JanusError | None] = asyncio.Queue()

    def say(self, word: str) -> None:
        self._words.put_nowait(word)

    def fail(self, error: JanusError) -> None:
        self._words.put_nowait(error)

    def end(self) -> None:
        self._words.put_nowait(None)

    async def said_to(self, model: str) -> AsyncIterator[str]:
        self.began.set()
        while model == FLOOD:
            yield "x" * 65_536
            await asyncio.sleep(0)  # once its client has gone, uvicorn takes bytes without ever waiting
        while (word := await self._words.get()) is not None:
            if isinstance(word, JanusError):
                raise word
            yield word


class ChatServer:
    """A chat server of the mesh: a native competitor, or whoever else is wanted."""

    def __init__(self) -> None:
        self.script = Script()

    async def answer(self, exchange: mesh.Exchange) -> None:
        script = self.script
        script.request_id = exchange.request_id
        script.time_remaining = exchange.time_remaining()
        try:
            async for word in script.said_to(exchange.request.model):
                await exchange.send(ChatEvent(content=word))
        except asyncio.CancelledError:
            script.left.set()
            raise
        await exchange.send(ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop")))
        await exchange.send(finish())


class EdgeDouble:
    """An HTTP server in the edge's place: it streams a script, and shows every other request as it came."""

    def __init__(self) -> None:
        self.script = Script()
        self.healthy = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/health":
            await JSONResponse({}, 200 if self.healthy else 503)(scope, receive, send)
        elif scope["path"] == "/v1/chat/completions":
            request = await Request(scope, receive).json()
            await self._stream(receive, send, self.script, request["model"])
        else:
            headers = [[name.decode(), value.decode()] for name, value in scope["headers"]]
            shown = {"path": scope["raw_path"].decode(), "headers": headers}
            await JSONResponse(shown)(scope, receive, send)

    async def _stream(self, receive: Receive, send: Send, script: Script, model: str) -> None:
        async def talk() -> None:
            async for word in script.said_to(model):
                chunk = {"choices": [{"index": 0, "delta": {"content": word}}]}
                body = f"data: {json.dumps(chunk)}\n\n".encode()
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        talking, leaving = asyncio.create_task(talk()), asyncio.create_task(receive())
        await asyncio.wait([talking, leaving], return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if talking.done():
            talking.result()  # an error cuts the response short
        else:
            script.left.set()
            talking.cancel()


@asynccontextmanager
async def serving(app: EdgeDouble) -> AsyncIterator[int]:
    """Serves the app as the edge is served; gives its port."""
    stop, port = asyncio.Event(), free_port()
    task = asyncio.create_task(mesh.serve_http(app, "127.0.0.1", port, stop, drain_seconds=1))
    try:
        yield port
    finally:
        stop.set()
        await task
