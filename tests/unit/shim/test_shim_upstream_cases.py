"""Inputs of real servers that lost or corrupted an answer before, from HTTP to the events on the mesh."""

import gzip
import json
from typing import Any

import pytest
from support import competitor_scripts as scripts
from support.answers import ask
from support.competitor_scripts import chunk, usage, usage_chunk
from support.http_competitor import Reply

from janus_mesh.errors import CompetitorFailed, CompetitorRejected
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb


def sse(*payloads: Any, end: str = "\n\n") -> bytes:
    """An event stream of these payloads."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in payloads]
    return "".join(f"data: {text}{end}" for text in texts).encode()


HELLO = (chunk({"role": "assistant", "content": "Hello"}), chunk(finish="stop"), "[DONE]")


def text(events: list[pb.ChatEvent]) -> str:
    return "".join(event.content for event in events)


def of(events: list[pb.ChatEvent], kind: str) -> list[Any]:
    return [getattr(event, kind) for event in events if event.WhichOneof("payload") == kind]


async def test_parallel_tool_calls_without_an_index_are_three_calls(shim, competitor):
    calls = [
        {"id": f"c{n}", "type": "function", "function": {"name": "f", "arguments": f"[{n}]"}}
        for n in (1, 2, 3)
    ]
    competitor.chat = scripts.chunks(
        [*(chunk({"tool_calls": [call]}) for call in calls), chunk(finish="tool_calls")]
    )
    told = of(await shim.events(), "tool_call")
    assert [(call.index, call.id, call.arguments) for call in told] == [
        (0, "c1", "[1]"),
        (1, "c2", "[2]"),
        (2, "c3", "[3]"),
    ]


async def test_an_emoji_that_is_cut_between_chunks_arrives(shim, competitor):
    competitor.chat = scripts.stream(
        sse(
            r'{"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}',
            r'{"choices":[{"index":0,"delta":{"content":"\ude00!"}}]}',
            chunk(finish="stop"),
        )
    )
    assert text(await shim.events()) == "😀!"


async def test_usage_in_every_chunk_is_told_once_at_the_end(shim, competitor):
    counted = [chunk({"content": str(n)}, usage=usage(completion=n)) for n in range(6)]
    competitor.chat = scripts.chunks([*counted, chunk(finish="stop", usage=usage(completion=6))])
    events = await shim.events()
    assert of(events, "usage") == []
    assert events[-1].finish.usage.completion_tokens == 6


async def test_a_negative_token_count_leaves_the_answer_standing_and_usage_unknown(shim, competitor):
    figures = {"prompt_tokens": 3, "completion_tokens": -35, "total_tokens": -32}
    competitor.chat = scripts.chunks([*HELLO[:2], {**usage_chunk(), "usage": figures}, "[DONE]"])
    events = await shim.events()
    assert text(events) == "Hello"
    assert not events[-1].finish.HasField("usage")
    assert json.loads(events[-1].extras.chunk_json) == {"invalid_usage": figures}


async def test_content_as_a_list_of_parts_is_reasoning_and_text(shim, competitor):
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}]
    competitor.chat = scripts.chunks([chunk({"content": parts}), chunk(finish="stop")])
    events = await shim.events()
    assert (of(events, "reasoning"), text(events)) == (["hm"], "Hi")


LABELS = [
    "application/json, text/event-stream",
    "text/event-stream, text/event-stream; charset=utf-8",
    "application/json",
    "text/plain; charset=utf-8",
    "application/x-ndjson",
    "application/octet-stream",
    "",
]


@pytest.mark.parametrize("label", LABELS)
async def test_a_stream_of_events_is_read_whatever_its_label(label, shim, competitor):
    headers = [("content-type", label)] if label else []
    competitor.chat = scripts.answer(200, sse(*HELLO), headers)
    assert text(await shim.events()) == "Hello"


async def test_a_content_type_that_is_said_twice_is_read(shim, competitor):
    headers = [("content-type", "application/json"), ("content-type", "text/event-stream")]
    competitor.chat = scripts.answer(200, sse(*HELLO), headers)
    assert text(await shim.events()) == "Hello"


async def test_gzip_of_several_members_is_read(shim, competitor):
    members = b"".join(gzip.compress(sse(one)) for one in HELLO)
    competitor.chat = scripts.answer(
        200, members, [("content-type", "text/event-stream"), ("content-encoding", "gzip")]
    )
    assert text(await shim.events()) == "Hello"


async def test_a_ping_as_data_is_not_an_event(shim, competitor):
    competitor.chat = scripts.chunks([{"type": "ping"}, HELLO[0], {"type": "ping"}, *HELLO[1:]])
    kinds = [event.WhichOneof("payload") for event in await shim.events()]
    assert kinds == ["start", "role", "content", "choice_finish", "finish"]


async def test_an_id_that_is_a_number_and_a_created_that_is_a_word_are_left_to_janus(shim, competitor):
    competitor.chat = scripts.chunks([chunk({"content": "a"}, finish="stop", id=17, created="now")])
    assert (await shim.events())[0] == pb.ChatEvent(start=pb.AnswerStart(model="scripted"))


async def test_a_delta_after_the_finish_reason_is_passed_on(shim, competitor):
    competitor.chat = scripts.chunks([chunk({"content": "a"}, finish="stop"), chunk({"content": "b"})])
    events = await shim.events()
    assert text(events) == "ab"
    assert [event.WhichOneof("payload") for event in events[-2:]] == ["choice_finish", "finish"]


async def test_the_model_of_the_second_chunk_is_told_and_filter_results_once(shim, competitor):
    filtered = {"prompt_filter_results": [{"prompt_index": 0}]}
    first = {"choices": [], "created": 0, "id": "", "model": "", "object": "", **filtered}
    competitor.chat = scripts.chunks(
        [
            first,
            *(chunk({"content": word}, model="gpt-4o") for word in "ab"),
            chunk(finish="stop", model="gpt-4o"),
        ]
    )
    events = await shim.events()
    assert of(events, "start")[0].model == "gpt-4o"
    assert not events[0].HasField("extras")  # which the edge repeats in every chunk
    said = [json.loads(event.extras.chunk_json) for event in events if event.extras.chunk_json]
    assert said == [filtered]


async def test_a_function_call_in_pieces_is_kept_and_is_not_content(shim, competitor):
    pieces = [{"name": "f", "arguments": ""}, {"arguments": "{}"}]
    competitor.chat = scripts.chunks(
        [
            chunk({"role": "assistant", "content": None}),
            *(chunk({"function_call": piece}) for piece in pieces),
            chunk(finish="function_call"),
        ]
    )
    events = await shim.events()
    assert of(events, "content") == []
    said = [
        json.loads(event.extras.delta_json)["function_call"] for event in events if event.extras.delta_json
    ]
    assert said == pieces


# `stream_options`, which Janus adds.


def without_stream_options(status: int, body: dict[str, Any]) -> scripts.Script:
    """A server that refuses what it does not know."""

    async def script(reply: Reply) -> None:
        if "stream_options" in reply.asked.json:
            await scripts.answer(status, json.dumps(body).encode())(reply)
        else:
            await scripts.tokens("Hello")(reply)

    return script


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (422, {"detail": [{"loc": ["body", "stream_options"], "msg": "extra fields not permitted"}]}),
        (400, {"error": {"message": "Unrecognized request argument supplied: stream_options"}}),
        (400, {"object": "error", "message": "include_usage is not supported", "code": 400}),
    ],
)
async def test_a_container_that_refuses_stream_options_is_asked_without(status, body, shim, competitor):
    competitor.chat = without_stream_options(status, body)
    assert text(await shim.events()) == "Hello"


async def test_a_refusal_of_stream_options_is_remembered(shim, competitor):
    competitor.chat = without_stream_options(422, {"detail": "stream_options"})
    for _ in range(3):
        await shim.events()
    asked = [one.json for one in competitor.requests if one.method == "POST"]
    assert ["stream_options" in one for one in asked] == [True, False, False, False]


async def test_another_refusal_is_the_callers_and_is_not_tried_again(shim, competitor):
    competitor.chat = scripts.refusal(422, "too many tools")
    failure = await shim.failure()
    assert (type(failure), failure.message) == (CompetitorRejected, "too many tools")
    assert len([one for one in competitor.requests if one.method == "POST"]) == 1


async def test_a_container_that_refuses_in_any_case_says_why(shim, competitor):
    competitor.chat = scripts.refusal(422, "stream_options are not for me")
    assert (await shim.failure()).message == "stream_options are not for me"
    assert len([one for one in competitor.requests if one.method == "POST"]) == 2


# Bodies that are not what they are said to be.


async def test_a_whole_completion_labelled_as_events_is_read(shim, competitor):
    body = json.dumps(scripts.message("whole")).encode()
    competitor.chat = scripts.answer(200, body, [("content-type", "text/event-stream")])
    assert text(await shim.events()) == "whole"


async def test_a_whole_completion_inside_an_event_is_read(shim, competitor):
    competitor.chat = scripts.chunks([scripts.message("whole")])
    assert text(await shim.events()) == "whole"


async def test_a_completion_without_a_finish_reason_is_whole(shim, competitor):
    body = scripts.message("whole")
    body["choices"][0]["finish_reason"] = None
    competitor.chat = scripts.completion(body)
    assert of(await shim.events(), "choice_finish")[0].reason == "stop"


async def test_chunks_on_lines_are_streamed(shim, competitor):
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in HELLO[:2])
    competitor.chat = scripts.answer(200, lines, [("content-type", "application/x-ndjson")])
    assert text(await shim.events()) == "Hello"


async def test_html_is_refused_by_its_label(shim, competitor):
    competitor.chat = scripts.answer(
        200, b"<html>data: x</html>", [("content-type", "text/html; charset=utf-8")]
    )
    failure = await shim.failure()
    assert (type(failure), failure.message) == (
        CompetitorFailed,
        "the competitor answered with text/html, not text/event-stream or application/json",
    )


@pytest.mark.parametrize("status", [201, 203])
async def test_another_success_is_an_answer_too(status, shim, competitor):
    competitor.chat = scripts.answer(status, sse(*HELLO))
    assert text(await shim.events()) == "Hello"


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\n\n  \r\n",
        b": ping\n\n",
        b"retry: 1000\n\n",
        b"event: message\nid: 1\n",
        b"data:\n\n",
    ],
    ids=["data", "BOM", "blank lines", "comment", "retry", "event and id", "empty data"],
)
async def test_events_may_begin_in_many_ways(begin, shim, competitor):
    competitor.chat = scripts.answer(200, begin + sse(*HELLO), ())
    assert text(await shim.events()) == "Hello"


async def test_a_first_line_that_comes_byte_by_byte_is_awaited(shim, competitor):
    async def script(reply: Reply) -> None:
        await reply.head(200, [("content-type", "text/plain")])
        for byte in sse(*HELLO):
            await reply.send(bytes([byte]))

    competitor.chat = script
    assert text(await shim.events()) == "Hello"


@pytest.mark.parametrize("done", ["[DONE] ", " [DONE]", "DONE", '"[DONE]"', "[DONE]\r"])
async def test_the_end_is_said_in_many_ways(done, shim, competitor):
    competitor.chat = scripts.stream(sse(*HELLO[:2], done) + b"data: not JSON\n\n")
    assert text(await shim.events()) == "Hello"


async def test_text_that_is_done_without_a_finish_reason_is_whole(shim, competitor):
    competitor.chat = scripts.chunks([chunk({"content": "Hello"})])
    events = await shim.events()
    assert (text(events), of(events, "choice_finish")[0].reason) == ("Hello", "stop")


async def test_a_last_event_without_its_blank_line_counts_when_it_is_whole(shim, competitor):
    competitor.chat = scripts.stream(sse(HELLO[0], HELLO[1]).rstrip(b"\n"))
    assert text(await shim.events()) == "Hello"


async def test_a_last_done_without_its_line_end_counts(shim, competitor):
    competitor.chat = scripts.stream(sse(chunk({"content": "Hello"})) + b"data: [DONE]")
    assert text(await shim.events()) == "Hello"


async def test_a_last_event_that_is_cut_is_a_failure_unless_all_was_said(shim, competitor):
    competitor.next_chats.append(scripts.stream(sse(HELLO[0]), b'data: {"choices": [{"index'))
    assert "in the middle of an event" in (await shim.failure()).message
    competitor.next_chats.append(scripts.stream(sse(*HELLO[:2]), b"data: [DO"))
    assert text(await shim.events()) == "Hello"


async def test_a_choice_index_that_counts_up_means_the_one_choice(shim, competitor):
    competitor.chat = scripts.chunks(
        [*(chunk({"content": word}, index=n) for n, word in enumerate("abc")), chunk(finish="stop", index=3)]
    )
    events = await shim.events(ask())
    assert (text(events), {event.choice for event in events}) == ("abc", {0})


# Bounds.


async def test_a_stream_is_bounded_as_a_whole(competitor, serve):
    competitor.chat = scripts.tokens(*(["x" * 900] * 50))
    async with serve(competitor.url, shim_max_stream_bytes=20_000) as shim:
        failure = await shim.failure()
    assert (type(failure), failure.message) == (
        CompetitorFailed,
        "the competitor's answer has more than 20000 bytes",
    )


async def test_a_line_of_chunks_is_bounded(competitor, serve):
    competitor.chat = scripts.answer(
        200, b'{"a": "' + b"x" * 5000 + b'"}\n', [("content-type", "application/jsonl")]
    )
    async with serve(competitor.url, shim_max_event_bytes=1000) as shim:
        assert "a line of more than 1000 bytes" in (await shim.failure()).message


async def test_blank_lines_without_end_are_not_an_answer(shim, competitor):
    async def endless(reply: Reply) -> None:
        await reply.head(200, ())
        while True:
            await reply.send(b"\n" * 8192)

    competitor.chat = endless
    assert "a body without a content type" in (await shim.failure()).message
