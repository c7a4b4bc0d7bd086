"""A good answer, from the competitor's HTTP to the events on the mesh."""

import asyncio
import json

import pytest
from support import competitor_scripts as scripts
from support.answers import ask
from support.competitor_scripts import chunk
from support.http_competitor import JSON, HttpCompetitor

import janus_mesh as mesh
from janus_mesh.errors import InvalidRequest
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_proto._gen.janus.chat.v1 import request_pb2

pytestmark = pytest.mark.usefixtures("read_by")


def text(events: list[pb.ChatEvent]) -> str:
    return "".join(event.content for event in events)


async def test_a_stream_comes_as_its_events(shim, competitor):
    usage = pb.Usage(prompt_tokens=3, completion_tokens=2, total_tokens=5)
    assert await shim.events() == [
        pb.ChatEvent(start=pb.AnswerStart(model="scripted", id="chatcmpl-1", created=1_700_000_000)),
        pb.ChatEvent(role=request_pb2.ROLE_ASSISTANT),
        pb.ChatEvent(content="Hello"),
        pb.ChatEvent(content=" world"),
        pb.ChatEvent(choice_finish=pb.ChoiceFinish(reason="stop")),
        pb.ChatEvent(finish=pb.Finish(usage=usage)),
    ]


async def test_the_container_is_asked_as_openai_is(shim, competitor):
    await shim.events(ask("m", "hello", competitor_id="whoever"))
    asked = await competitor.asked()
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.json == {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept"].startswith("text/event-stream")


async def test_the_request_token_travels_to_the_container(shim, competitor):
    async with shim.peer.chat(ask(), token="the-token") as exchange:
        [event async for event in exchange]
    await shim.events()
    assert (await competitor.asked()).headers["x-janus-token"] == "the-token"
    assert "x-janus-token" not in (await competitor.asked()).headers


async def test_request_id_and_trace_travel_to_the_container(shim, competitor):
    mesh.traces.configure("test")
    with (
        mesh.logs.bound(request_id="req_1234"),
        mesh.traces.tracer().start_as_current_span("caller") as span,
    ):
        await shim.events()
    asked = await competitor.asked()
    assert asked.headers["x-request-id"] == "req_1234"
    assert asked.headers["traceparent"].split("-")[1] == f"{span.get_span_context().trace_id:032x}"


async def test_events_come_as_soon_as_they_are_said(shim, competitor):
    heard = asyncio.Event()

    async def script(reply):
        await reply.head(200, [("content-type", "text/event-stream; charset=utf-8")])
        await reply.event(chunk({"content": "first"}))
        await heard.wait()
        await reply.event(chunk({"content": "second"}, finish="stop"))

    competitor.chat = script
    async with asyncio.timeout(5), shim.peer.chat(ask()) as exchange:
        async for event in exchange:
            if event.content == "first":
                heard.set()
    assert heard.is_set()


async def test_unknown_fields_survive_both_directions(shim, competitor):
    said = chunk({"content": "a", "annotations": [1]}, choice={"stop_reason": 7}, obfuscation="x")
    competitor.chat = scripts.chunks([chunk(fingerprint="fp"), said, chunk(finish="stop")])
    events = await shim.events(ask(extra_json='{"top_k": 5}'))
    assert (await competitor.asked()).json["top_k"] == 5
    start, content = events[0], next(event for event in events if event.content)
    assert json.loads(start.extras.chunk_json) == {"fingerprint": "fp"}
    assert json.loads(content.extras.chunk_json) == {"obfuscation": "x"}
    assert json.loads(content.extras.choice_json) == {"stop_reason": 7}
    assert json.loads(content.extras.delta_json) == {"annotations": [1]}


async def test_tool_calls_come_piece_by_piece(shim, competitor):
    competitor.chat = scripts.tool_call("weather", '{"city": ', '"Oslo"}')
    calls = [event.tool_call for event in await shim.events() if event.HasField("tool_call")]
    assert (calls[0].name, calls[0].id) == ("weather", "call_1")
    assert "".join(call.arguments for call in calls) == '{"city": "Oslo"}'


async def test_several_choices_share_a_stream(shim, competitor):
    competitor.chat = scripts.chunks(
        [
            chunk({"content": "a"}),
            chunk({"content": "b"}, index=1),
            chunk(finish="stop", index=1),
            chunk(finish="stop"),
        ]
    )
    events = await shim.events(ask(n=2))
    assert [(event.choice, event.content) for event in events if event.content] == [(0, "a"), (1, "b")]
    assert [event.choice for event in events if event.HasField("choice_finish")] == [0, 1]


async def test_a_json_answer_comes_as_events_too(shim, competitor):
    competitor.chat = scripts.completion()
    kinds = [event.WhichOneof("payload") for event in await shim.events()]
    assert kinds == ["start", "role", "content", "choice_finish", "finish"]


async def test_a_compressed_json_answer_is_unpacked(shim, competitor):
    import gzip

    body = gzip.compress(json.dumps(scripts.message("packed")).encode())
    competitor.chat = scripts.answer(200, body, [*JSON, ("content-encoding", "gzip")])
    assert text(await shim.events()) == "packed"


async def test_an_answer_without_done_is_whole_when_every_choice_finished(shim, competitor):
    competitor.chat = scripts.chunks([chunk({"content": "a"}), chunk(finish="stop")], done=False)
    assert (await shim.events())[-1].HasField("finish")


async def test_what_follows_done_is_not_read(shim, competitor):
    competitor.chat = scripts.chunks([chunk({"content": "a"}, finish="stop"), "[DONE]", "no json"])
    assert text(await shim.events()) == "a"


async def test_an_event_may_be_as_long_as_the_limit_allows(shim, competitor):
    competitor.chat = scripts.tokens("x" * 4_000_000)
    assert len(text(await shim.events())) == 4_000_000


async def test_pings_and_empty_data_between_events_do_no_harm(shim, competitor):
    first, last = (json.dumps(one).encode() for one in (chunk({"content": "a"}), chunk(finish="stop")))
    competitor.chat = scripts.stream(
        b": ping\n\n", b"data:\n\ndata: " + first + b"\n\n", b":\r\ndata:" + last + b"\r\n\r\n"
    )
    assert text(await shim.events()) == "a"


async def test_answers_share_a_connection(shim, competitor):
    for _ in range(3):
        assert text(await shim.events()) == "Hello world"
    chats = {asked.connection for asked in competitor.requests if asked.method == "POST"}
    assert len(chats) == 1


async def test_exchanges_do_not_wait_for_each_other(shim, competitor):
    competitor.chat = scripts.tokens(*"abc", gap=0.02)
    answers = await asyncio.gather(*(shim.events() for _ in range(20)))
    assert {text(events) for events in answers} == {"abc"}


async def test_proxies_of_the_environment_are_not_used(shim, monkeypatch):
    await shim.events()  # the mesh is connected from here on, whatever it thinks of proxies
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert text(await shim.events()) == "Hello world"


async def test_cookies_of_a_competitor_are_not_kept(shim, competitor):
    competitor.next_chats.append(
        scripts.answer(200, json.dumps(scripts.message()).encode(), [*JSON, ("set-cookie", "a=b")])
    )
    await shim.events()
    await shim.events()
    assert "cookie" not in competitor.requests[-1].headers


async def test_a_container_may_live_under_a_path(serve, competitor):
    competitor.routes["/box/v1/chat/completions"] = competitor.chat
    async with serve(f"{competitor.url}/box/") as shim:
        assert text(await shim.events()) == "Hello world"


async def test_a_request_that_cannot_be_written_is_the_callers_fault(shim, competitor):
    failure = await shim.failure(ask(extra_json="{"))
    assert isinstance(failure, InvalidRequest)
    assert not [asked for asked in competitor.requests if asked.method == "POST"]


async def test_the_body_of_a_request_may_be_large(shim, competitor):
    picture = "data:image/png;base64," + "A" * 20_000_000
    part = request_pb2.ContentPart(image_url=request_pb2.ImageUrl(url=picture))
    message = request_pb2.Message(role=request_pb2.ROLE_USER, parts=request_pb2.ContentParts(parts=[part]))
    await shim.events(request_pb2.ChatRequest(model="m", messages=[message]))
    asked = await competitor.asked()
    assert asked.json["messages"][0]["content"][0]["image_url"]["url"] == picture


async def test_a_competitor_of_the_registry_is_found_by_its_id(serve, competitor, tmp_path):
    async with HttpCompetitor(scripts.tokens("other")) as other:
        registry = tmp_path / "competitors.yaml"
        registry.write_text(
            f"competitors:\n  - {{id: one, url: '{competitor.url}'}}\n  - {{id: two, url: '{other.url}'}}\n"
        )
        async with serve(competitors=registry) as shim:
            assert text(await shim.events(ask(competitor_id="one"))) == "Hello world"
            assert text(await shim.events(ask(competitor_id="two"))) == "other"
            failure = await shim.failure(ask(competitor_id="three"))
            assert (failure.http_status, failure.param, failure.competitor_id) == (
                404,
                "competitor_id",
                "three",
            )
