"""A client that leaves, in whichever phase, stops the answer upstream."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from support.answers import ChatEvent, Witness, finish, say
from support.edge_stack import (
    SOON,
    EdgeStack,
    RawConnection,
    chat,
    metric,
    route,
    running_edge,
)

import janus_mesh as mesh
from janus_proto._gen.janus.chat.v1 import event_pb2

# The contract is 250 ms; a test on a busy machine allows for more.
PROMPTLY = 1.0

Leave = Callable[[RawConnection], None]
WAYS = [pytest.param(RawConnection.close, id="fin"), pytest.param(RawConnection.abort, id="reset")]


@pytest.fixture
async def edge() -> AsyncIterator[EdgeStack]:
    async with running_edge(keepalive_seconds=0.05) as edge:
        yield edge


@pytest.fixture
def witness() -> Witness:
    return Witness()


async def hang(_: mesh.Exchange) -> None:
    await asyncio.Event().wait()


async def must_be_cancelled(witness: Witness) -> None:
    async with asyncio.timeout(PROMPTLY):
        await witness.cancelled.wait()


def watched(witness: Witness, body: mesh.Answer) -> mesh.Answer:
    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await body(exchange)

    return answer


@pytest.mark.parametrize("leave", WAYS)
async def test_before_the_response_head(leave: Leave, witness: Witness) -> None:
    async with running_edge(keepalive_seconds=60.0) as edge, edge.connection() as connection:
        edge.router.answer = watched(witness, hang)
        await connection.post_chat(stream=True)
        await witness.began.wait()
        leave(connection)
        await must_be_cancelled(witness)


@pytest.mark.parametrize("leave", WAYS)
async def test_after_the_head_and_before_the_first_event(
    edge: EdgeStack, leave: Leave, witness: Witness
) -> None:
    async def body(exchange: mesh.Exchange) -> None:
        await exchange.send(route())
        await hang(exchange)

    edge.router.answer = watched(witness, body)
    async with edge.connection() as connection:
        await connection.post_chat(stream=True)
        await connection.read_until(b": ping\n\n")
        leave(connection)
        await must_be_cancelled(witness)


@pytest.mark.parametrize("leave", WAYS)
async def test_in_the_middle_of_the_stream(edge: EdgeStack, leave: Leave, witness: Witness) -> None:
    async def body(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        await hang(exchange)

    edge.router.answer = watched(witness, body)
    async with edge.connection() as connection:
        await connection.post_chat(stream=True)
        await connection.read_until(b'"content":"a"')
        leave(connection)
        await must_be_cancelled(witness)


@pytest.mark.parametrize("leave", WAYS)
async def test_while_events_flow(edge: EdgeStack, leave: Leave, witness: Witness) -> None:
    async def body(exchange: mesh.Exchange) -> None:
        while True:
            await exchange.send(ChatEvent(content="x"))
            await asyncio.sleep(0)

    edge.router.answer = watched(witness, body)
    async with edge.connection() as connection:
        await connection.post_chat(stream=True)
        await connection.read_until(b'"content":"x"')
        leave(connection)
        await must_be_cancelled(witness)


@pytest.mark.parametrize("leave", WAYS)
async def test_while_the_client_does_not_read_and_the_edge_is_stuck_in_sending(
    edge: EdgeStack, leave: Leave, witness: Witness
) -> None:
    event = ChatEvent(content="x" * 10_000)

    async def body(exchange: mesh.Exchange) -> None:
        while True:
            await witness.send(exchange, event)

    edge.router.answer = watched(witness, body)
    async with edge.connection() as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's has it
        await connection.post_chat(stream=True)
        await flood_stands_still(edge, witness)
        leave(connection)
        await must_be_cancelled(witness)


async def flood_stands_still(edge: EdgeStack, witness: Witness) -> None:
    """Returns when the answer can no longer send; meanwhile others are served, which is the measure."""
    await witness.began.wait()
    before = -1
    async with asyncio.timeout(SOON * 2):
        while witness.sent == 0 or witness.sent != before:
            before = witness.sent
            await asyncio.gather(*(edge.client.get("/health") for _ in range(20)))


@pytest.mark.parametrize("leave", WAYS)
async def test_while_a_whole_completion_is_collected(edge: EdgeStack, leave: Leave, witness: Witness) -> None:
    async def body(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        witness.sent += 1
        await hang(exchange)

    edge.router.answer = watched(witness, body)
    async with edge.connection() as connection:
        await connection.post_chat()
        await witness.began.wait()
        leave(connection)
        await must_be_cancelled(witness)


async def test_while_the_body_is_uploaded_nothing_is_asked_upstream(edge: EdgeStack) -> None:
    asked = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        asked.set()
        await say(exchange, "never")

    edge.router.answer = answer
    async with edge.connection() as connection:
        await connection.send_head(json.dumps(chat()).encode())
        await connection.send(b'{"model"')
        connection.close()
    await departures(edge, 1)
    assert not asked.is_set()


async def test_a_departure_is_counted_as_499_and_frees_its_place(witness: Witness) -> None:
    async with running_edge(max_streams=1) as edge:
        before = await departures(edge, 0)
        edge.router.answer = watched(witness, hang)
        async with edge.connection() as connection:
            await connection.post_chat(stream=True)
            await witness.began.wait()
            connection.close()
            await must_be_cancelled(witness)
        await departures(edge, before + 1)
        edge.router.answer = say
        assert (await edge.chat()).status_code == 200


async def test_a_complete_answer_is_no_departure(edge: EdgeStack) -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="a"))
        await exchange.send(ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop")))
        await exchange.send(finish())

    before = await departures(edge, 0)
    edge.router.answer = answer
    for _ in range(20):
        assert (await edge.stream()).done
        assert (await edge.chat()).status_code == 200
    assert await departures(edge, 0) == before


async def departures(edge: EdgeStack, at_least: float) -> float:
    """How many chats ended as 499, once there are as many as asked for."""
    async with asyncio.timeout(SOON):
        while True:
            text = (await edge.client.get("/metrics")).text
            count = metric(
                text,
                "janus_http_requests_total",
                route="/v1/chat/completions",
                method="POST",
                status="499",
            )
            if count >= at_least:
                return count
