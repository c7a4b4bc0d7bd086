"""The shim's `Answer`: an exchange becomes one `POST /v1/chat/completions`, and what comes back its events.

When the caller leaves, its task is cancelled, wherever it stands, and the HTTP call with it.
"""

import asyncio

import janus_mesh as mesh
from janus_mesh.errors import CompetitorFailed, DeadlineExceeded, JanusError
from janus_mesh.headers import TOKEN

from .answer_events import AnswerEvents
from .containers import Container, Containers
from .error_bodies import http_error
from .http import Call, HttpClient
from .relay import StreamRelay
from .request_json import request_body
from .settings import Settings
from .silence import Silence

_EVENT_STREAM = "text/event-stream"
_JSON = "application/json"
_ERROR_BYTES = 64 * 1024


class HttpAnswer:
    """Answers every exchange out of the container that it names."""

    def __init__(self, containers: Containers, client: HttpClient, settings: Settings) -> None:
        self._containers = containers
        self._client = client
        self._settings = settings

    async def __call__(self, exchange: mesh.Exchange) -> None:
        container = self._containers.find(exchange.request.competitor_id)
        mesh.logs.bind(competitor_id=container.id)
        try:
            if exchange.time_remaining() is None:
                await self._ask_in_time(exchange, container)
            else:  # the mesh keeps the caller's deadline
                await self._ask(exchange, container)
        except JanusError as error:
            error.competitor_id = container.id
            raise

    async def _ask_in_time(self, exchange: mesh.Exchange, container: Container) -> None:
        total = self._settings.total_timeout
        timeout = asyncio.timeout(total)
        try:
            async with timeout:
                await self._ask(exchange, container)
        except TimeoutError:
            if timeout.expired():
                raise DeadlineExceeded(f"the answer was not complete within {total:g} s") from None
            raise

    async def _ask(self, exchange: mesh.Exchange, container: Container) -> None:
        settings = self._settings
        container.check_usable()
        answer = AnswerEvents(choices=exchange.request.n or 1)
        async with (
            Silence(settings.first_event_timeout, settings.gap_timeout) as silence,
            self._client.request(
                "POST",
                container.chat,
                {**_headers(exchange), **dict(container.headers)},
                request_body(exchange.request, container.upstream_model),
                ca_file=container.ca_file,
            ) as call,
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
        relay = StreamRelay(exchange, answer, silence, self._settings.shim_max_event_bytes)
        try:
            while not relay.done and await call.push(relay.take):
                await relay.catch_up()
        except CompetitorFailed:
            await relay.catch_up()
            raise
        relay.check_end()

    async def _relay_completion(
        self, exchange: mesh.Exchange, call: Call, answer: AnswerEvents, silence: Silence
    ) -> None:
        """Passes on what a competitor says in one piece, although it was asked for a stream."""
        body = await call.read_whole(self._settings.shim_max_answer_bytes)
        silence.interrupted()
        for event in answer.completion(body):
            await exchange.send(event)


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
