"""The public face of a chat: one `ChatService.Chat` call, as grpcurl or a foreign client makes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from support.answers import ChatEvent, Witness, ask, finish, say

import janus_mesh as mesh
from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import chat_pb2, chat_pb2_grpc

Frame = chat_pb2.ChatServiceChatRequest


@asynccontextmanager
async def channel_to(answer: mesh.Answer) -> AsyncIterator[grpc.aio.Channel]:
    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server, grpc.aio.insecure_channel(server.address) as channel:
        yield channel


def open_chat(channel: grpc.aio.Channel, **options: Any) -> Any:
    return chat_pb2_grpc.ChatServiceStub(channel).Chat(**options)  # type: ignore[call-arg]


async def test_closing_the_sending_half_is_no_cancel() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange, "a", "b")

    async with channel_to(answer) as channel:
        call = open_chat(channel)
        await call.write(Frame(request=ask()))
        await call.done_writing()
        frames = [frame async for frame in call]
    assert [frame.seq for frame in frames] == list(range(5))
    assert frames[-1].event.HasField("finish")
    assert await call.code() is grpc.StatusCode.OK


async def test_credit_holds_the_answer_until_more_is_granted() -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        for _ in range(10):
            await witness.send(exchange, ChatEvent(content="a"))
        await witness.send(exchange, finish())

    async with channel_to(answer) as channel:
        call = open_chat(channel)
        await call.write(Frame(request=ask(), credit=3))
        for _ in range(3):
            assert (await call.read()).event.content == "a"
        fourth = asyncio.ensure_future(call.read())
        await asyncio.sleep(0.05)
        assert not fourth.done()
        assert witness.sent == 3
        await call.write(Frame(credit=100))
        assert (await fourth).event.content == "a"
        for _ in range(6):
            assert (await call.read()).event.content == "a"
        assert (await call.read()).event.HasField("finish")


async def test_an_ending_needs_no_credit() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        raise errors.CompetitorFailed("broken")

    async with channel_to(answer) as channel:
        call = open_chat(channel)
        await call.write(Frame(request=ask(), credit=1))
        assert (await call.read()).event.content == "a"
        assert (await call.read()).event.error.message == "broken"


async def test_an_error_event_comes_with_its_grpc_status() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        raise errors.ModelNotFound("no such model", param="model")

    async with channel_to(answer) as channel:
        call = open_chat(channel)
        await call.write(Frame(request=ask()))
        frame = await call.read()
        assert frame.event.error.param == "model"
        assert await call.code() is grpc.StatusCode.NOT_FOUND
        assert await call.details() == "no such model"


async def test_a_cancel_frame_stops_the_answer() -> None:
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await exchange.send(ChatEvent(content="a"))
            await asyncio.Event().wait()

    async with channel_to(answer) as channel:
        call = open_chat(channel)
        await call.write(Frame(request=ask()))
        await call.read()
        await call.write(Frame(cancel=chat_pb2.Cancel(reason="changed my mind")))
        async with asyncio.timeout(1):
            await witness.cancelled.wait()
        assert await call.code() is grpc.StatusCode.CANCELLED


@pytest.mark.parametrize("first", [Frame(), Frame(credit=5), Frame(cancel=chat_pb2.Cancel())])
async def test_the_first_frame_must_carry_the_request(first: chat_pb2.ChatServiceChatRequest) -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        raise AssertionError("not reached")

    async with channel_to(answer) as channel:
        call = open_chat(channel)
        await call.write(first)
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_call_without_any_frame_is_refused() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        raise AssertionError("not reached")

    async with channel_to(answer) as channel:
        call = open_chat(channel)
        await call.done_writing()
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_health_and_reflection_are_served_beside_it() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange)

    async with channel_to(answer) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for service in ("", mesh.CHAT_SERVICE):
            reply = await health.Check(health_pb2.HealthCheckRequest(service=service))
            assert reply.status == health_pb2.HealthCheckResponse.SERVING
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        call = reflection.ServerReflectionInfo()
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        listed = await call.read()
        names = {service.name for service in listed.list_services_response.service}
        await call.done_writing()
        call.cancel()
    assert {mesh.CHAT_SERVICE, "grpc.health.v1.Health"} <= names


async def test_a_native_server_that_only_knows_statuses_gives_typed_errors() -> None:
    class Native(chat_pb2_grpc.ChatServiceServicer):
        async def Chat(self, request_iterator: Any, context: Any) -> None:  # type: ignore[override]
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "come back later")

    server = grpc.aio.server()
    chat_pb2_grpc.add_ChatServiceServicer_to_server(Native(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with mesh.dial(f"grpc://127.0.0.1:{port}") as peer:
            with pytest.raises(errors.Overloaded, match="come back later"):
                async with peer.chat(ask()) as exchange:
                    await anext(exchange)
    finally:
        await server.stop(0)


async def test_a_peer_that_closes_without_an_ending_has_failed() -> None:
    class Native(chat_pb2_grpc.ChatServiceServicer):
        async def Chat(self, request_iterator: Any, context: Any) -> None:  # type: ignore[override]
            await context.write(chat_pb2.ChatServiceChatResponse(event=ChatEvent(content="half")))

    server = grpc.aio.server()
    chat_pb2_grpc.add_ChatServiceServicer_to_server(Native(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with mesh.dial(f"127.0.0.1:{port}") as peer, peer.chat(ask()) as exchange:
            assert (await anext(exchange)).content == "half"
            with pytest.raises(errors.CompetitorFailed, match="without an ending"):
                await anext(exchange)
    finally:
        await server.stop(0)


async def test_a_port_that_is_taken_is_named() -> None:
    async with mesh.Server() as server:
        with pytest.raises(OSError, match=str(server.port)):
            mesh.Server(port=server.port)


async def test_a_health_watch_hears_of_the_end_and_does_not_delay_it() -> None:
    server = mesh.Server(drain_seconds=30)
    async with grpc.aio.insecure_channel(server.address) as channel:
        async with asyncio.timeout(5):
            async with server:
                watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
                assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
