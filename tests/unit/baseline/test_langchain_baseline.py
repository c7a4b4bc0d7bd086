"""The LangChain baseline: a native competitor whose agent uses the platform's tools."""

import asyncio
import json

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support import competitor_scripts as scripts
from support.answers import ask
from support.langchain_baseline import calling, langchain
from support.platform_gate import egress_lines, shown

from janus_mesh.errors import (
    CompetitorFailed,
    CompetitorRejected,
    InvalidRequest,
    JanusError,
    RateLimited,
    Unavailable,
)
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

SAYING = scripts.tokens("Hel", "lo")


def kinds(events: list[event_pb2.ChatEvent]) -> list[str]:
    """The events in order, steps under their own names."""
    return [event.janus.event or event.WhichOneof("payload") for event in events]


def said(events: list[event_pb2.ChatEvent]) -> str:
    return "".join(event.content for event in events)


def steps(events: list[event_pb2.ChatEvent]) -> list[dict[str, object]]:
    return [json.loads(event.janus.payload_json) for event in events if event.janus.event]


# A plain answer.


async def test_an_answer_streams_as_the_model_makes_it(tmp_path):
    async with langchain(tmp_path, SAYING) as it:
        events = await it.ask(ask("m"))
    assert kinds(events) == ["start", "role", "content", "content", "choice_finish", "finish"]
    assert said(events) == "Hello"
    assert events[-2].choice_finish.reason == "stop"
    usage = events[-1].finish.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (3, 2, 5)


async def test_reasoning_is_passed_on(tmp_path):
    thinking = scripts.chunks(
        [
            scripts.chunk({"reasoning_content": "hm"}),
            scripts.chunk({"content": "yes"}),
            scripts.chunk(finish="stop"),
        ]
    )
    async with langchain(tmp_path, thinking) as it:
        events = await it.ask(ask("m"))
    assert [event.reasoning for event in events if event.reasoning] == ["hm"]


async def test_the_model_is_asked_as_the_caller_asked(tmp_path):
    request = ask("m", temperature=0.5, top_p=0.9, max_tokens=7, seed=3, extra_json='{"mood": "fine"}')
    request.stop.append("END")
    request.messages.insert(0, request_pb2.Message(role=request_pb2.ROLE_DEVELOPER, text="Be brief."))
    async with langchain(tmp_path, SAYING) as it:
        await it.ask(request)
        asked = (await it.model.asked()).json
    assert (asked["model"], asked["temperature"], asked["top_p"], asked["seed"]) == ("m", 0.5, 0.9, 3)
    assert (asked["stop"], asked["mood"]) == (["END"], "fine")
    assert 7 in (asked.get("max_tokens"), asked.get("max_completion_tokens"))
    assert [message["role"] for message in asked["messages"]] == ["system", "system", "user"]
    assert {tool["function"]["name"] for tool in asked["tools"]} == {
        "web_search",
        "web_fetch",
        "vector_search",
        "vector_add",
    }


async def test_pictures_reach_the_model(tmp_path):
    parts = request_pb2.ContentParts(
        parts=[
            request_pb2.ContentPart(text="What is this?"),
            request_pb2.ContentPart(image_url=request_pb2.ImageUrl(url="data:image/png;base64,AA==")),
        ]
    )
    request = ask("m")
    request.messages[0].CopyFrom(request_pb2.Message(role=request_pb2.ROLE_USER, parts=parts))
    async with langchain(tmp_path, SAYING) as it:
        await it.ask(request)
        content = (await it.model.asked()).json["messages"][-1]["content"]
    assert content[1]["image_url"]["url"] == "data:image/png;base64,AA=="


# Tools.


async def test_a_tools_steps_are_told_and_its_result_reaches_the_model(tmp_path):
    async with langchain(tmp_path, calling("web_search", '{"query": "bridge"}'), SAYING) as it:
        events = await it.ask(ask("m"))
        _, second = [asked.json for asked in it.model.requests]
    assert kinds(events) == [
        "start",
        "role",
        "tool_start",
        "reasoning",
        "tool_end",
        "content",
        "content",
        "choice_finish",
        "finish",
    ]
    began, ended = steps(events)
    assert (began["name"], began["arguments"]) == ("web_search", {"query": "bridge"})
    assert (ended["name"], ended["id"], ended["ok"]) == ("web_search", began["id"], True)
    result = second["messages"][-1]
    assert (result["role"], result["tool_call_id"]) == ("tool", "call_1")
    assert "Source: local index" in result["content"]
    assert "docs/bridge.md" in result["content"]


async def test_every_turn_and_every_tool_is_on_the_requests_account(tmp_path):
    async with langchain(tmp_path, calling("web_fetch", '{"url": "http://public.test/"}'), SAYING) as it:
        with egress_lines() as lines:
            events = await it.ask(ask("m"))
        account = (await it.web.client.get("/v1/usage", headers=shown())).json()
    assert [(line["service_called"], line["identity"]) for line in lines] == [
        ("chat", "my-agent"),
        ("fetch", "my-agent"),
        ("chat", "my-agent"),
    ]
    usage = events[-1].finish.usage
    assert usage.prompt_tokens == account["prompt_tokens"] == 6
    assert usage.completion_tokens == account["completion_tokens"]


async def test_a_page_is_read(tmp_path):
    async with langchain(tmp_path, calling("web_fetch", '{"url": "http://public.test/x"}'), SAYING) as it:
        await it.ask(ask("m"))
        result = it.model.requests[-1].json["messages"][-1]["content"]
    assert "Finished in 1894." in result


async def test_a_note_that_was_kept_is_found(tmp_path):
    keep = calling("vector_add", '{"text": "The bridge is 300 m long."}')
    find = calling("vector_search", '{"query": "length of the bridge"}')
    async with langchain(tmp_path, keep, find, SAYING) as it:
        await it.ask(ask("m"))
        result = it.model.requests[-1].json["messages"][-1]["content"]
    assert result == "The bridge is 300 m long."


@pytest.mark.parametrize(
    ("name", "arguments", "word"),
    [
        ("web_fetch", '{"url": "http://127.0.0.1/"}', "not on the public internet"),
        ("web_fetch", '{"address": "x"}', "url"),
        ("web_search", '{"query": ', ""),
        ("rm_rf", "{}", "rm_rf"),
    ],
    ids=["refused", "wrong argument", "broken arguments", "unknown tool"],
)
async def test_a_tool_that_fails_is_said_to_the_model_which_goes_on(tmp_path, name, arguments, word):
    async with langchain(tmp_path, calling(name, arguments), SAYING) as it:
        events = await it.ask(ask("m"))
        if len(it.model.requests) > 1:
            assert word in it.model.requests[-1].json["messages"][-1]["content"]
    assert events[-1].HasField("finish")


async def test_a_model_that_never_stops_calling_tools_is_stopped(tmp_path):
    async with langchain(tmp_path, calling("web_search", '{"query": "x"}'), max_turns=2) as it:
        with pytest.raises(CompetitorFailed) as stopped:
            await it.ask(ask("m"))
        assert len(it.model.requests) == 2
    assert stopped.value.code == "too_many_turns"


async def test_a_callers_own_tools_are_the_callers_to_run(tmp_path):
    request = ask("m")
    request.tools.add(type="function", name="weather", parameters_json='{"type": "object"}')
    request.tool_choice.function = "weather"
    async with langchain(tmp_path, calling("weather", '{"city": "Paris"}')) as it:
        events = await it.ask(request)
        asked = (await it.model.asked()).json
    calls = [event.tool_call for event in events if event.HasField("tool_call")]
    assert (calls[0].name, calls[0].id) == ("weather", "call_1")
    assert json.loads("".join(call.arguments for call in calls)) == {"city": "Paris"}
    assert events[-2].choice_finish.reason == "tool_calls"
    assert [tool["function"]["name"] for tool in asked["tools"]] == ["weather"]
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "weather"}}


# When it fails.


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (scripts.refusal(400, "no such model", code="model_not_found"), CompetitorRejected),
        (scripts.refusal(402, "spent", code="insufficient_quota"), CompetitorRejected),
        (scripts.refusal(429, "slow down"), RateLimited),
        (scripts.refusal(500, "broken"), Unavailable),
        (scripts.FAULTS["reset-before-head"], Unavailable),
        (scripts.FAULTS["reset-mid-stream"], Unavailable),
    ],
)
async def test_what_the_proxy_says_is_said_on(tmp_path, script, kind):
    async with langchain(tmp_path, script) as it:
        with pytest.raises(JanusError) as failed:
            await it.ask(ask("m"))
    assert type(failed.value) is kind


@pytest.mark.parametrize(
    ("change", "param"),
    [
        (lambda request: request.ClearField("messages"), "messages"),
        (lambda request: setattr(request, "n", 2), "n"),
        (lambda request: request.messages.add(role=request_pb2.ROLE_UNSPECIFIED), "messages[1].role"),
    ],
)
async def test_what_it_cannot_do_is_refused_with_the_field(tmp_path, change, param):
    request = ask("m")
    change(request)
    async with langchain(tmp_path, SAYING) as it:
        with pytest.raises(InvalidRequest) as refused:
            await it.ask(request)
        assert it.model.requests == []
    assert refused.value.param == param


async def test_a_caller_who_leaves_stops_the_model(tmp_path):
    async with langchain(tmp_path, scripts.hang_mid_stream) as it:
        async with it.peer.chat(ask("m")) as exchange:
            await anext(exchange)
        async with asyncio.timeout(2):
            await (await it.model.asked()).disconnected.wait()


async def test_it_is_healthy_while_the_platform_is(tmp_path):
    async with langchain(tmp_path, SAYING) as it, grpc.aio.insecure_channel(it.address) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        watch.cancel()
