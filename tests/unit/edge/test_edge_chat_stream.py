"""What a client of a streamed chat sees, from the response's head to `[DONE]`."""

import asyncio
import json

import pytest
from support.answers import ChatEvent, Witness, finish, say
from support.edge_stack import chat, route, running_edge, scripted

import janus_mesh as mesh
from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

START = ChatEvent(start=event_pb2.AnswerStart(model="alpha-1"))
STOP = ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop"))


async def test_an_answer_arrives_as_chunks_and_done() -> None:
    role = ChatEvent(role=request_pb2.ROLE_ASSISTANT)
    hello, world = ChatEvent(content="Hello"), ChatEvent(content=" wörld 🤠")
    async with running_edge() as edge:
        edge.router.answer = scripted(START, role, hello, world, STOP, finish())
        answer = await edge.stream()
    assert answer.response.status_code == 200
    assert answer.content == "Hello wörld 🤠"
    assert answer.deltas[0] == {"role": "assistant", "content": ""}
    assert [chunk["choices"][0]["finish_reason"] for chunk in answer.chunks] == [None, None, None, "stop"]
    assert answer.done


async def test_every_chunk_bears_the_same_id_time_and_model() -> None:
    async with running_edge() as edge:
        edge.router.answer = scripted(route(), START, ChatEvent(content="a"), STOP, finish())
        answer = await edge.stream()
    request_id = answer.response.headers["x-request-id"]
    assert {chunk["id"] for chunk in answer.chunks} == {f"chatcmpl-{request_id.removeprefix('req_')}"}
    assert {chunk["object"] for chunk in answer.chunks} == {"chat.completion.chunk"}
    assert {chunk["model"] for chunk in answer.chunks} == {"alpha-1"}
    assert len({chunk["created"] for chunk in answer.chunks}) == 1


async def test_the_head_forbids_buffering_and_names_the_competitor() -> None:
    async with running_edge() as edge:
        edge.router.answer = scripted(route("beta"), START, STOP, finish())
        headers = (await edge.stream()).response.headers
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-cache"
    assert headers["x-accel-buffering"] == "no"
    assert headers["x-janus-competitor"] == "beta"


async def test_the_route_is_told_before_the_answer() -> None:
    async with running_edge() as edge:
        edge.router.answer = scripted(
            route("alpha"), route("beta", attempt=2), START, ChatEvent(content="a"), STOP, finish()
        )
        answer = await edge.stream()
    assert [delta["janus"]["payload"]["competitor_id"] for delta in answer.deltas[:2]] == ["alpha", "beta"]
    assert answer.deltas[0]["janus"]["event"] == "route"
    assert answer.response.headers["x-janus-competitor"] == "beta"


async def test_usage_comes_in_a_chunk_of_its_own_when_asked_for() -> None:
    async with running_edge() as edge:
        edge.router.answer = scripted(START, ChatEvent(content="a"), STOP, finish(3, 4))
        answer = await edge.stream(stream_options={"include_usage": True})
    *others, last = answer.chunks
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert [chunk["usage"] for chunk in others] == [None] * len(others)
    assert answer.done


async def test_usage_stays_out_when_not_asked_for() -> None:
    interim = ChatEvent(usage=event_pb2.Usage(prompt_tokens=3))
    async with running_edge() as edge:
        edge.router.answer = scripted(START, ChatEvent(content="a"), interim, STOP, finish(3, 4))
        answer = await edge.stream()
    assert all("usage" not in chunk and chunk["choices"] for chunk in answer.chunks)


async def test_several_choices_are_told_apart_by_index() -> None:
    def event(choice: int, **payload: object) -> event_pb2.ChatEvent:
        return ChatEvent(choice=choice, **payload)  # type: ignore[arg-type]

    stop = event_pb2.ChoiceFinish(reason="stop")
    async with running_edge() as edge:
        edge.router.answer = scripted(
            START,
            event(0, content="zero"),
            event(1, content="one"),
            event(1, choice_finish=stop),
            event(0, choice_finish=stop),
            finish(),
        )
        answer = await edge.stream(n=2)
    told = [
        (chunk["choices"][0]["index"], chunk["choices"][0]["delta"].get("content")) for chunk in answer.chunks
    ]
    assert told == [(0, "zero"), (1, "one"), (1, None), (0, None)]


async def test_an_error_before_the_first_event_is_a_plain_http_error() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(route("alpha"))
        raise errors.RateLimited("slow down", retry_after=1.2)

    async with running_edge() as edge:
        edge.router.answer = answer
        response = (await edge.stream()).response
    assert response.status_code == 429
    assert response.headers["retry-after"] == "2"
    assert response.headers["x-janus-competitor"] == "alpha"
    assert response.json()["error"] == {
        "message": "slow down",
        "type": "rate_limit_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }


async def test_an_error_after_the_first_event_ends_the_stream_without_done() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(START)
        await exchange.send(ChatEvent(content="half"))
        raise errors.CompetitorFailed("it fell over")

    async with running_edge() as edge:
        edge.router.answer = answer
        told = await edge.stream()
    assert told.response.status_code == 200
    assert told.content == "half"
    assert told.chunks[-1]["error"]["code"] == "competitor_failed"
    assert told.text.count('"error"') == 1
    assert not told.done


async def test_an_event_that_makes_no_sense_is_told_after_those_before_it() -> None:
    nonsense = ChatEvent(janus=event_pb2.JanusEvent(event="tool_start", payload_json="{nonsense"))
    async with running_edge() as edge:
        edge.router.answer = scripted(START, ChatEvent(content="so far"), nonsense, STOP, finish())
        answer = await edge.stream()
    assert answer.content == "so far"
    assert answer.chunks[-1]["error"]["code"] == "competitor_failed"
    assert not answer.done


async def test_a_choice_that_never_finished_is_an_error_and_not_done() -> None:
    async with running_edge() as edge:
        edge.router.answer = scripted(START, ChatEvent(content="half"), finish())
        answer = await edge.stream()
    assert "choice 0" in answer.chunks[-1]["error"]["message"]
    assert not answer.done


async def test_an_upstream_cancellation_is_not_blamed_on_the_client() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        raise errors.Cancelled("shutting down")

    async with running_edge() as edge:
        edge.router.answer = answer
        response = (await edge.stream()).response
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"


async def test_a_router_that_is_not_there_is_503() -> None:
    async with running_edge() as edge:
        await edge.stop_router()
        response = await edge.chat()
    assert response.status_code == 503
    assert response.json()["error"]["type"] == "service_unavailable_error"


async def test_silence_is_filled_with_pings_and_then_the_answer_follows() -> None:
    pings_seen = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(route("alpha"))
        await pings_seen.wait()
        await say(exchange, "at last")

    async with running_edge(keepalive_seconds=0.05) as edge:
        edge.router.answer = answer
        async with edge.client.stream("POST", "/v1/chat/completions", json=chat(stream=True)) as response:
            assert response.headers["x-janus-competitor"] == "alpha"
            text = ""
            async for part in response.aiter_text():
                text += part
                if text.count(": ping\n\n") >= 3:
                    pings_seen.set()
    assert text.startswith(": ping\n\n")
    assert text.index("alpha") < text.index("at last")
    assert text.endswith("data: [DONE]\n\n")


async def test_pings_go_on_in_the_middle_of_an_answer() -> None:
    pings_seen = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(START)
        await exchange.send(ChatEvent(content="wait for it"))
        await pings_seen.wait()
        await exchange.send(STOP)
        await exchange.send(finish())

    async with running_edge(keepalive_seconds=0.05) as edge:
        edge.router.answer = answer
        async with edge.client.stream("POST", "/v1/chat/completions", json=chat(stream=True)) as response:
            text = ""
            async for part in response.aiter_text():
                text += part
                if text.partition("wait for it")[2].count(": ping\n\n") >= 2:
                    pings_seen.set()
    assert text.endswith("data: [DONE]\n\n")


async def test_an_error_after_the_head_was_forced_out_is_an_event() -> None:
    ping_seen = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        await ping_seen.wait()
        raise errors.CompetitorTimeout("nothing came")

    async with running_edge(keepalive_seconds=0.05) as edge:
        edge.router.answer = answer
        async with edge.client.stream("POST", "/v1/chat/completions", json=chat(stream=True)) as response:
            assert response.status_code == 200
            ping_seen.set()
            text = "".join([part async for part in response.aiter_text()])
    last = text.strip().split("\n\n")[-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "competitor_timeout"
    assert "[DONE]" not in text


async def test_an_event_is_passed_on_before_the_next_one_exists() -> None:
    first_seen = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(START)
        await exchange.send(ChatEvent(content="first"))
        await first_seen.wait()
        await say(exchange, "second")

    async with running_edge() as edge:
        edge.router.answer = answer
        async with edge.client.stream("POST", "/v1/chat/completions", json=chat(stream=True)) as response:
            text = ""
            async for part in response.aiter_text():
                text += part
                if "first" in text:
                    first_seen.set()
    assert "second" in text


async def test_a_total_longer_than_allowed_ends_the_stream_with_an_error() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(START)
        await exchange.send(ChatEvent(content="a"))
        await asyncio.Event().wait()

    async with running_edge(total_timeout=0.3) as edge:
        edge.router.answer = answer
        told = await edge.stream()
    assert told.chunks[-1]["error"]["code"] == "deadline_exceeded"
    assert not told.done


async def test_a_chat_beyond_the_limit_is_refused_and_the_place_is_freed_afterwards() -> None:
    release = asyncio.Event()
    witness = Witness()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await release.wait()
            await say(exchange, "done")

    async with running_edge(max_streams=1) as edge:
        edge.router.answer = answer
        first = asyncio.create_task(edge.chat())
        await witness.began.wait()
        refused = await edge.chat()
        release.set()
        assert (await first).status_code == 200
        assert (await edge.chat()).status_code == 200
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "overloaded"
    assert refused.headers["retry-after"] == "1"


@pytest.mark.parametrize("stream", [True, False])
async def test_the_router_gets_the_request_as_it_was_asked(stream: bool) -> None:
    seen: list[mesh.Exchange] = []

    async def answer(exchange: mesh.Exchange) -> None:
        seen.append(exchange)
        await say(exchange, "ok")

    async with running_edge() as edge:
        edge.router.answer = answer
        fields = {"stream": stream, "competitor_id": "alpha", "temperature": 0.5, "future_field": [1]}
        response = await edge.client.post(
            "/v1/chat/completions", json=chat("hi", **fields), headers={"x-request-id": "mine-1"}
        )
    exchange = seen[0]
    assert response.status_code == 200
    assert exchange.request_id == "mine-1"
    assert exchange.request.stream is stream
    assert exchange.request.competitor_id == "alpha"
    assert exchange.request.messages[0].text == "hi"
    assert json.loads(exchange.request.extra_json) == {"future_field": [1]}
    remaining = exchange.time_remaining()
    assert remaining is not None
    assert remaining <= 300
