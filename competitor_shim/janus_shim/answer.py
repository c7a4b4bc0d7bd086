"""The shim's `Answer`: an exchange becomes one `POST /v1/chat/completions`, and what comes back its events.

When the caller leaves, its task is cancelled, wherever it stands, and the HTTP call with it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import janus_mesh as mesh
from janus_mesh.errors import CompetitorFailed, DeadlineExceeded, JanusError
from janus_mesh.headers import TOKEN

from .answer_events import AnswerEvents
from .containers import Container, Containers
from .error_bodies import http_error
from .http_client import Call, HttpClient
from .request_json import request_body
from .settings import Settings
from .silence import Silence, bounded_silence
from .sse import EventParser

_EVENT_STREAM = "text/event-stream"
_JSON = "application/json"
_DONE = b"[DONE]"
_ERROR_BYTES = 64 * 1024


class HttpAnswer:
    """Answers every exchange out of the container that it names."""

    def __init__(self, containers: Containers, client: HttpClient, settings: Settings) -> None:
        self._containers = containers
        self._client = client
        self._settings = settings

    async def __call__(self, exchange: mesh.Exchange) -> None:
        container = self._containers.find(exchange.request.competitor_id)
        with mesh.logs.bound(competitor_id=container.id):
            try:
                async with _bounded(exchange, self._settings.total_timeout):
                    await self._ask(exchange, container)
            except JanusError as error:
                error.competitor_id = container.id
                raise

    async def _ask(self, exchange: mesh.Exchange, container: Container) -> None:
        settings = self._settings
        answer = AnswerEvents(choices=exchange.request.n or 1)
        body = request_body(exchange.request)
        async with (
            bounded_silence(settings.first_event_timeout, settings.gap_timeout) as silence,
            self._client.request("POST", container.chat, _headers(exchange), body) as call,
        ):
            if call.status != 200:
                raise http_error(call.status, call.headers, await call.read_some(_ERROR_BYTES))
            if call.media_type == _EVENT_STREAM:
                await self._relay_stream(exchange, call, answer, silence)
            elif call.media_type == _JSON:
                await self._relay_completion(exchange, call, answer, silence)
            else:
                kind = call.media_type or "nothing that it names"
                raise CompetitorFailed(f"the competitor answered with {kind}, not {_EVENT_STREAM} or {_JSON}")
        await exchange.send(answer.finish())

    async def _relay_stream(
        self, exchange: mesh.Exchange, call: Call, answer: AnswerEvents, silence: Silence
    ) -> None:
        """Passes events on as they come, until `[DONE]` or the end of the body."""
        parser = EventParser(self._settings.shim_max_event_bytes)
        while read := await call.read():
            heard = False
            silence.interrupted()
            for data, kind in parser.feed(read):
                if data.strip() == _DONE:
                    return
                for event in answer.chunk(data, kind) if data else ():
                    await exchange.send(event)
                    heard = True
            silence.resumed(heard=heard)
            if not heard:
                await asyncio.sleep(0)  # a flood without events must not keep the loop from its timers
        if parser.unfinished and not answer.complete:
            raise CompetitorFailed("the competitor's answer ended in the middle of an event")

    async def _relay_completion(
        self, exchange: mesh.Exchange, call: Call, answer: AnswerEvents, silence: Silence
    ) -> None:
        """Passes on what a competitor says in one piece, although it was asked for a stream."""
        body = await call.read_whole(self._settings.shim_max_answer_bytes)
        silence.interrupted()
        for event in answer.completion(body):
            await exchange.send(event)


@asynccontextmanager
async def _bounded(exchange: mesh.Exchange, total: float) -> AsyncIterator[None]:
    """Ends the block with `DeadlineExceeded` after `total` seconds, if the caller set no deadline itself.

    One that it set is kept by the mesh.
    """
    timeout = asyncio.timeout(total if exchange.time_remaining() is None else None)
    try:
        async with timeout:
            yield
    except TimeoutError:
        if timeout.expired():
            raise DeadlineExceeded(f"the answer was not complete within {total:g} s") from None
        raise


def _headers(exchange: mesh.Exchange) -> dict[str, str]:
    headers = {
        "content-type": _JSON,
        "accept": f"{_EVENT_STREAM}, {_JSON};q=0.5",
        "x-request-id": exchange.request_id,
    }
    if exchange.token:
        headers[TOKEN] = exchange.token
    mesh.traces.inject(headers)
    return headers
