"""A real provider behind the proxy: bodies and answers pass through as they are.

Only the model may be replaced, and only the platform's own key is sent; the caller's never is. An
answer is passed on as raw bytes as they arrive. A caller that leaves closes the provider's connection.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from janus_mesh.errors import DeadlineExceeded, Unavailable
from janus_mesh.settings import StreamTimeouts
from janus_platform.reply import Reply

from .answer_bytes import AnswerBytes
from .backend import Health
from .call import Call, CallRecord
from .model_field import with_model
from .usage_request import UsageChunkFilter, asks_for_usage, with_usage_asked
from .usage_tail import UsageTail


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is, and the key that it knows us by."""

    base_url: str  # with its version path, such as `https://host/v1`, without a slash at the end
    key: str = field(repr=False)


class Provider:
    """A `Backend` over one endpoint; use as `async with`."""

    name = "provider"

    def __init__(self, endpoint: Endpoint, *, model: str, timeouts: StreamTimeouts) -> None:
        self._endpoint = endpoint
        self._model = model
        self._timeouts = timeouts
        self._client = httpx.AsyncClient(
            headers={
                "authorization": f"Bearer {endpoint.key}",
                "user-agent": "janus-platform",
                # Callers may not have offered to unpack; what comes packed all the same is unpacked here.
                "accept-encoding": "identity",
            },
            # Waiting for the answer is bounded by `_relay`, in our own words.
            timeout=httpx.Timeout(None, connect=timeouts.connect_timeout),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        )

    def health(self) -> Health:
        """Configured is healthy: asking a provider costs, and a caller is told of its faults."""
        return Health("ok", self.name, self._model)

    async def chat(self, call: Call, reply: Reply, record: CallRecord) -> None:
        body = call.body
        if self._model:
            record.model = self._model
            body = with_model(body, self._model)
        hidden = None
        if call.stream and not asks_for_usage(call.stream_options):
            body = with_usage_asked(body, call.stream_options)
            hidden = UsageChunkFilter()
        await self._relay(
            "POST", "/chat/completions", reply, record, body=body, streams=call.stream, hidden=hidden
        )

    async def responses(self, call: Call, reply: Reply, record: CallRecord) -> None:
        await self._dialect("/responses", {}, call, reply, record)

    async def messages(self, call: Call, reply: Reply, record: CallRecord) -> None:
        key = {"x-api-key": self._endpoint.key}  # where Anthropic's API looks for it
        await self._dialect("/messages", {**call.headers, **key}, call, reply, record)

    async def embeddings(self, call: Call, reply: Reply, record: CallRecord) -> None:
        await self._relay("POST", "/embeddings", reply, record, body=call.body)

    async def images(self, call: Call, reply: Reply, record: CallRecord) -> None:
        await self._relay("POST", "/images/generations", reply, record, body=call.body, streams=call.stream)

    async def models(self, reply: Reply, record: CallRecord) -> None:
        if self._model:
            entry = {"id": self._model, "object": "model", "created": 0, "owned_by": "provider"}
            await reply.json(200, {"object": "list", "data": [entry]})
        else:
            await self._relay("GET", "/models", reply, record)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def _dialect(
        self, path: str, headers: Mapping[str, str], call: Call, reply: Reply, record: CallRecord
    ) -> None:
        """A call in another API than chat completions, whose streams tell their usage unasked."""
        body = call.body
        if self._model:
            record.model = self._model
            body = with_model(body, self._model)
        await self._relay("POST", path, reply, record, body=body, streams=call.stream, headers=headers)

    async def _relay(
        self,
        method: str,
        path: str,
        reply: Reply,
        record: CallRecord,
        *,
        body: bytes | None = None,
        streams: bool = False,
        hidden: UsageChunkFilter | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        request = self._client.build_request(
            method,
            self._endpoint.base_url + path,
            content=body,
            headers={**(headers or {}), **({"content-type": "application/json"} if body is not None else {})},
        )
        async with self._failures_typed(), asyncio.timeout(self._timeouts.total_timeout):
            patience = self._timeouts.first_event_timeout if streams else self._timeouts.total_timeout
            record.asked = True
            async with asyncio.timeout(patience):
                response = await self._client.send(request, stream=True)
            answer = AnswerBytes(response)
            async with aclosing(response), aclosing(answer.pieces):
                async with asyncio.timeout(self._timeouts.gap_timeout):
                    head = await answer.headers(streams=streams)
                await reply.start(response.status_code, head)
                await self._pass_on(answer, reply, record, streams=streams, hidden=hidden)

    async def _pass_on(
        self,
        answer: AnswerBytes,
        reply: Reply,
        record: CallRecord,
        *,
        streams: bool,
        hidden: UsageChunkFilter | None,
    ) -> None:
        """Passes the body on and notes its figures, also those of one that is not passed on to its end."""
        usage, whole = UsageTail(), False
        try:
            while data := await self._next(answer):
                usage.feed(data)
                record.count_events(data)
                if passed := data if hidden is None else hidden.feed(data):
                    await reply.write(passed)
            whole = True
        finally:  # a caller who leaves early is charged as well
            if streams or whole:
                record.take(usage.figures())
        if hidden is not None and (rest := hidden.rest()):
            await reply.write(rest)
        await reply.end()

    async def _next(self, answer: AnswerBytes) -> bytes:
        """More of the body, or nothing at its end."""
        async with asyncio.timeout(self._timeouts.gap_timeout):
            return await answer.next()

    @staticmethod
    @asynccontextmanager
    async def _failures_typed() -> AsyncIterator[None]:
        try:
            yield
        except TimeoutError:
            raise DeadlineExceeded(
                "the model provider did not answer in time", code="provider_timeout"
            ) from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unavailable(
                f"the model provider cannot be reached: {error}", code="provider_unavailable"
            ) from error
        except httpx.RequestError as error:
            raise Unavailable(f"the model provider broke off: {error}", code="provider_failed") from error
