"""The shim's `Answer`: a chat becomes one `POST /v1/chat/completions`, and what comes back its events.

When the caller leaves, its task is cancelled, wherever it waits, and the HTTP call with it.
"""

import asyncio

import janus_mesh as mesh
from janus_mesh.errors import DeadlineExceeded, JanusError
from janus_mesh.headers import TOKEN

from .body_kind import EVENT_STREAM, JSON, BodyKind, body_kind
from .containers import Container, Containers
from .error_bodies import http_error
from .events import AnswerEvents
from .http import Call, HttpClient
from .json_lines import LineParser
from .relay import StreamRelay
from .request_json import request_body
from .settings import Settings
from .silence import Silence
from .sse import EventParser
from .stream_options import StreamOptions, is_refusal

_ERROR_BYTES = 64 * 1024
# Success without a body, or with part of one.
_NO_ANSWERS = frozenset((204, 205, 206))


class HttpAnswer:
    """Answers every chat from the container that it names."""

    def __init__(self, containers: Containers, client: HttpClient, settings: Settings) -> None:
        self._containers = containers
        self._client = client
        self._settings = settings
        self._stream_options = StreamOptions()

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
        with_options = self._stream_options.taken_by(container.id, container.base)
        async with Silence(settings.first_event_timeout, settings.gap_timeout) as silence:
            answered = await self._post(exchange, container, silence, stream_options=with_options)
            if not answered:
                self._stream_options.note_refusal(container.id, container.base)
                await self._post(exchange, container, silence, stream_options=False)

    async def _post(
        self, exchange: mesh.Exchange, container: Container, silence: Silence, *, stream_options: bool
    ) -> bool:
        """Passes on the container's answer, its ending included.

        Returns False, before any event, when the container refuses the `stream_options` that Janus added.
        """
        answer = AnswerEvents(choices=exchange.request.n or 1)
        body = request_body(exchange.request, container.upstream_model, stream_options=stream_options)
        headers = {**_headers(exchange), **dict(container.headers)}
        async with self._client.request(
            "POST", container.chat, headers, body, ca_file=container.ca_file
        ) as call:
            if not 200 <= call.status < 300 or call.status in _NO_ANSWERS:
                said = await call.read_some(_ERROR_BYTES)
                if stream_options and is_refusal(call.status, said):
                    return False
                raise http_error(call.status, call.headers, said)
            done = await self._relay(exchange, call, answer, silence)
        for event in answer.ending(done=done):
            await exchange.send(event)
        return True

    async def _relay(
        self, exchange: mesh.Exchange, call: Call, answer: AnswerEvents, silence: Silence
    ) -> bool:
        """Passes the body on as events. Returns whether the competitor said that it is complete."""
        begun = b""
        kind = None
        while kind is None:
            read = await call.read()
            if not read:
                return False
            begun += read
            kind = body_kind(begun, call.headers.get("content-type", ""))
        if kind is BodyKind.WHOLE:
            await self._relay_completion(exchange, call, answer, silence, begun)
            return True
        limit = self._settings.shim_max_event_bytes
        parser = EventParser(limit) if kind is BodyKind.EVENTS else LineParser(limit)
        relay = StreamRelay(exchange, answer, silence, parser, self._settings.shim_max_stream_bytes)
        try:
            relay.take(begun)
            await relay.catch_up()
            while not relay.done and await call.push(relay.take):
                await relay.catch_up()
        except JanusError:
            await relay.catch_up()
            raise
        await relay.end()
        return relay.done

    async def _relay_completion(
        self, exchange: mesh.Exchange, call: Call, answer: AnswerEvents, silence: Silence, begun: bytes
    ) -> None:
        """Passes on an answer that comes in one piece, although a stream was asked for."""
        body = await call.read_whole(self._settings.shim_max_answer_bytes, begun)
        silence.interrupted()
        for event in answer.completion(body):
            await exchange.send(event)


def _headers(exchange: mesh.Exchange) -> dict[str, str]:
    headers = {
        "content-type": JSON,
        "accept": f"{EVENT_STREAM}, {JSON};q=0.5",
        "x-request-id": exchange.request_id,
    }
    if exchange.token:
        headers[TOKEN] = exchange.token
    mesh.traces.inject(headers)
    return headers
