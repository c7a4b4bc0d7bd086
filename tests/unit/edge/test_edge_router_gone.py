"""The router goes away, or sends what is not an answer: every client gets a typed error, none a `[DONE]`."""

import asyncio
from typing import Any

import httpx
import pytest
from support.answers import ChatEvent, finish
from support.edge_stack import EdgeStack, SseAnswer, chat, route, running_edge, scripted

import janus_mesh as mesh
from janus_proto._gen.janus.chat.v1 import event_pb2

STOP = ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop"))
JanusEvent, Extras = event_pb2.JanusEvent, event_pb2.Extras


async def with_router_stopped(edge: EdgeStack, *said: event_pb2.ChatEvent, **fields: Any) -> httpx.Response:
    """Asks, and stops the router after it has said this."""
    asked = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        for event in said:
            await exchange.send(event)
        asked.set()
        await asyncio.Event().wait()

    edge.router.answer = answer
    asking = asyncio.create_task(edge.client.post("/v1/chat/completions", json=chat(**fields)))
    await asked.wait()
    await edge.stop_router()
    return await asking


async def test_a_stream_that_had_begun_ends_with_an_error_event() -> None:
    async with running_edge() as edge:
        response = await with_router_stopped(edge, route(), ChatEvent(content="half"), stream=True)
    answer = SseAnswer(response, response.text)
    assert answer.content == "half"
    assert answer.chunks[-1]["error"]["type"] == "service_unavailable_error"
    assert not answer.done


@pytest.mark.parametrize("said", [[], [route()]], ids=["nothing", "route"])
async def test_a_stream_that_had_not_begun_is_a_plain_error(said: list[event_pb2.ChatEvent]) -> None:
    async with running_edge() as edge:
        response = await with_router_stopped(edge, *said, stream=True)
    assert response.status_code == 503
    assert response.json()["error"]["type"] == "service_unavailable_error"


async def test_an_answer_that_is_not_streamed_is_a_plain_error() -> None:
    async with running_edge() as edge:
        response = await with_router_stopped(edge, route(), ChatEvent(content="half"))
    assert response.status_code == 503
    assert response.json()["error"]["type"] == "service_unavailable_error"


MALFORMED = {
    "a route that is not JSON": [ChatEvent(janus=JanusEvent(event="route", payload_json="{"))],
    "a step that is not JSON": [ChatEvent(janus=JanusEvent(event="tool_start", payload_json="["))],
    "an empty answer": [],
    "a finish after an empty text": [ChatEvent(content="")],
    "a choice index beyond the limit": [ChatEvent(choice=2**31, content="a")],
    "half of a surrogate pair": [ChatEvent(content="a", extras=Extras(delta_json='{"a":"\\ud800"}'))],
    "usage that is not JSON": [
        ChatEvent(content="a"),
        STOP,
        ChatEvent(finish=event_pb2.Finish(usage=event_pb2.Usage(extra_json="nonsense"))),
    ],
    "an artifact of the platform's own pages": [
        ChatEvent(artifact=event_pb2.Artifact(id="a", url="http://127.0.0.1:8787/metrics"))
    ],
}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("said", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_answer_is_the_competitors_failure(
    said: list[event_pb2.ChatEvent], streamed: bool
) -> None:
    events = said if said and said[-1].HasField("finish") else [*said, finish()]
    async with running_edge() as edge:
        edge.router.answer = scripted(*events)
        response = await edge.chat(stream=streamed, **INCLUDE_USAGE if streamed else {})
    answer = SseAnswer(response, response.text)
    begun = response.headers["content-type"].startswith("text/event-stream")
    error = answer.chunks[-1]["error"] if begun else response.json()["error"]
    assert error["code"] == "competitor_failed"
    assert response.status_code == (200 if begun else 502)
    assert not answer.done


INCLUDE_USAGE = {"stream_options": {"include_usage": True}}


@pytest.mark.parametrize("streamed", [False, True])
async def test_more_routes_than_the_router_makes_are_not_held(streamed: bool) -> None:
    routes = [route(f"c{number}", attempt=number) for number in range(100)]
    async with running_edge() as edge:
        edge.router.answer = scripted(*routes, ChatEvent(content="a"), STOP, finish())
        response = await edge.chat(stream=streamed)
    assert response.headers["x-janus-competitor"] == "c99"
    assert response.text.count("competitor_id") == (16 if streamed else 0)
