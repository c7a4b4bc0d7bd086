"""`POST /v1/chat/completions`.

The route returns at once; all work happens while the response is being sent, where it can be raced
against the client's departure from the first byte to the last.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Self

from fastapi import APIRouter
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

import janus_mesh as mesh
from janus_mesh.http import ClientLeft
from janus_mesh.openai import ParsedRequest
from janus_proto._gen.janus.chat.v1 import event_pb2

from .admission import Admission
from .answer_json import Identity
from .api_keys import ApiKeys
from .artifact_links import ArtifactLinks
from .chunks import ChunkWriter
from .completion import CompletionBuilder
from .departure import receive_nothing, until_client_leaves
from .intake.bodies import Bodies, HeldBody
from .intake.callers import Callers
from .intake.limits import Admitted, Limiter
from .intake.parser import Parser
from .openapi import CHAT_REQUEST, CHAT_RESPONSES
from .record import RequestRecord
from .route_event import RouteEvents
from .router_client import RouterClient
from .settings import EdgeSettings
from .steps import requested_steps
from .streaming import AnswerStream

CHAT_PATH = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class ChatGateway:
    """What answering chats needs; one per process."""

    settings: EdgeSettings
    router: RouterClient
    links: ArtifactLinks
    admission: Admission
    keys: ApiKeys
    callers: Callers
    limiter: Limiter
    bodies: Bodies
    parser: Parser


class ChatApp:
    """The route as an ASGI app of its own: what stands around it costs every chunk and every request."""

    def __init__(self, gateway: ChatGateway, route: BaseRoute) -> None:
        self._gateway = gateway
        self._route = route

    @staticmethod
    def serves(scope: Scope) -> bool:
        return bool(scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == CHAT_PATH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self._route
        await ChatResponse(self._gateway)(scope, receive, send)


def chat_routes(gateway: ChatGateway) -> APIRouter:
    """The route as the OpenAPI document has it."""
    routes = APIRouter(tags=["chat"])

    @routes.post(
        CHAT_PATH,
        summary="Create a chat completion",
        responses=CHAT_RESPONSES,
        openapi_extra=CHAT_REQUEST,
    )
    async def create_chat_completion() -> Response:
        return ChatResponse(gateway)

    return routes


class ChatResponse(Response):
    """One chat, from its body to its last byte."""

    def __init__(self, gateway: ChatGateway) -> None:
        self.background = None
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record = RequestRecord.of(scope)
        gateway = self._gateway
        caller = gateway.callers.identify(scope, gateway.keys.check(Headers(scope=scope)))
        try:
            with (
                gateway.limiter.admit(caller.key if caller.limited else "", record.headers) as admitted,
                gateway.bodies.hold(scope) as held,
            ):
                gateway.admission.require_place()
                body = await self._body(held, receive)
                with gateway.admission.place():
                    async with until_client_leaves(receive, record):
                        asked = _Asked.of(await gateway.parser.parse(body), gateway.router, caller.key)
                        del body
                        await self._answer(asked, held, scope, send)
                        _count_tokens(asked.exchange, admitted)
        except ClientLeft:
            record.client_left = True

    async def _body(self, held: HeldBody, receive: Receive) -> bytes:
        settings = self._gateway.settings
        return await held.read_json(receive, limit=settings.max_body_bytes, seconds=settings.body_timeout)

    async def _answer(self, asked: "_Asked", held: HeldBody, scope: Scope, send: Send) -> None:
        record = RequestRecord.of(scope)
        steps = requested_steps(Headers(scope=scope))
        identity = Identity(
            id=f"chatcmpl-{record.request_id.removeprefix('req_')}",
            created=int(time.time()),
            model=asked.model,
        )

        def artifact_url(artifact: event_pb2.Artifact) -> str:
            return self._gateway.links.url(artifact, record.competitor_id or asked.competitor_id)

        async with asked.exchange as exchange:
            held.release()
            if asked.stream:
                writer = ChunkWriter(
                    identity, include_usage=asked.include_usage, artifact_url=artifact_url, steps=steps
                )
                answer = AnswerStream(exchange, writer, record)
                await answer.respond(send, ping_seconds=self._gateway.settings.keepalive_seconds)
            else:
                builder = CompletionBuilder(
                    identity, artifact_url=artifact_url, max_bytes=self._gateway.settings.max_answer_bytes
                )
                await self._complete(exchange, builder, scope, send)

    async def _complete(
        self, exchange: mesh.ClientExchange, builder: CompletionBuilder, scope: Scope, send: Send
    ) -> None:
        routes = RouteEvents(RequestRecord.of(scope))
        while events := await exchange.burst():
            for event in routes.before(events):
                builder.add(event)
        whole = await asyncio.to_thread(builder.encoded) if builder.is_large else builder.encoded()
        await Response(whole, media_type="application/json")(scope, receive_nothing, send)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is needed of a request once it is on its way; the request itself may hold megabytes."""

    exchange: mesh.ClientExchange
    model: str
    competitor_id: str
    stream: bool
    include_usage: bool

    @classmethod
    def of(cls, parsed: ParsedRequest, router: RouterClient, caller: str) -> Self:
        return cls(
            exchange=router.chat(parsed.request, caller=caller),
            model=parsed.request.model,
            competitor_id=parsed.request.competitor_id,
            stream=parsed.stream,
            include_usage=parsed.include_usage,
        )


def _count_tokens(exchange: mesh.ClientExchange, admitted: Admitted) -> None:
    finish = exchange.finish
    if finish is not None and finish.HasField("usage"):
        admitted.used(finish.usage.prompt_tokens + finish.usage.completion_tokens)
