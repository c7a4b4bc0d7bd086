"""openai-python reads the same bytes: what the client gets directly, the mesh gets through the shim.

The client is the oracle for text, reasoning, tool calls and usage where it succeeds. Where it fails on bytes
that are merely odd, the shim may do better, which the other tests say.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import openai
import pytest
from support import competitor_scripts as scripts
from support.competitor_scripts import chunk, usage, usage_chunk
from support.http_competitor import Script

from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

FINISH = chunk(finish="stop")
ROLE = chunk({"role": "assistant", "content": ""})
WORDS = [chunk({"content": word}) for word in ("Hello", " ", "world", "!")]


def call(index: int, **fields: Any) -> dict[str, Any]:
    return chunk({"tool_calls": [{"index": index, **fields}]})


def begun(index: int, name: str, arguments: str = "") -> dict[str, Any]:
    return call(index, id=f"c{index}", type="function", function={"name": name, "arguments": arguments})


def more(index: int, arguments: str) -> dict[str, Any]:
    return call(index, function={"arguments": arguments})


def sse(*payloads: Any, line_end: str = "\n", field: str = "data: ") -> bytes:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in payloads]
    return "".join(f"{field}{text}{line_end}{line_end}" for text in texts).encode()


def body(data: bytes, *, label: str = "text/event-stream") -> Script:
    return scripts.answer(200, data, [("content-type", label)])


def pieces(data: bytes, size: int) -> Script:
    return scripts.stream(*(data[at : at + size] for at in range(0, len(data), size)))


WHOLE = sse(ROLE, *WORDS, FINISH, usage_chunk(), "[DONE]")
MULTILINE = b"data: " + json.dumps(WORDS[0], indent=1).replace("\n", "\ndata: ").encode() + b"\n\n"

CORPUS: dict[str, Script] = {
    "plain": scripts.chunks([ROLE, *WORDS, FINISH, usage_chunk()]),
    "in one piece": body(WHOLE),
    "byte by byte": pieces(WHOLE, 1),
    "in pieces of 7": pieces(WHOLE, 7),
    "CRLF": body(sse(*WORDS, FINISH, "[DONE]", line_end="\r\n")),
    "CR": body(sse(*WORDS, FINISH, "[DONE]", line_end="\r")),
    "no space after the colon": body(sse(*WORDS, FINISH, "[DONE]", field="data:")),
    "comments and ids": body(b": ping\n\nid: 1\n" + WHOLE.replace(b"\n\ndata", b"\n\n: x\nid: 7\ndata")),
    "event names": body(sse(*WORDS, FINISH, "[DONE]").replace(b"data:", b"event: message\ndata:")),
    "data on several lines": body(MULTILINE + sse(FINISH, "[DONE]")),
    "escaped text": body(sse(chunk({"content": 'żółw 🐢 \u0000 "\\\n'}), FINISH, "[DONE]")),
    "text as UTF-8": body(
        sse(json.dumps(chunk({"content": "żółw 🐢"}), ensure_ascii=False), FINISH, "[DONE]")
    ),
    "labelled JSON": body(WHOLE, label="application/json"),
    "labelled text": body(WHOLE, label="text/plain"),
    "labelled twice": body(WHOLE, label="application/json, text/event-stream"),
    "without DONE": scripts.chunks([*WORDS, FINISH], done=False),
    "without a finish reason": scripts.chunks(WORDS),
    "text after DONE": body(WHOLE + sse(chunk({"content": "late"}))),
    "text after the finish reason": scripts.chunks([*WORDS, FINISH, chunk({"content": "late"})]),
    "ping objects": scripts.chunks([{"type": "ping"}, *WORDS, {"type": "ping"}, FINISH]),
    "nulls everywhere": scripts.chunks(
        [
            chunk({"role": None, "content": None, "tool_calls": None}),
            *WORDS,
            chunk({"content": None}, finish="stop"),
        ]
    ),
    "role in every chunk": scripts.chunks(
        [chunk({"role": "assistant", "content": word}) for word in "abc"] + [FINISH]
    ),
    "a role of its own": scripts.chunks([chunk({"role": "model", "content": "a"}), FINISH]),
    "usage in every chunk": scripts.chunks(
        [
            *(chunk({"content": str(n)}, usage=usage(completion=n)) for n in range(5)),
            chunk(finish="stop", usage=usage(completion=5)),
        ]
    ),
    "a text for created": scripts.chunks(
        [*(chunk({"content": word}, created="now", id=17) for word in "ab"), FINISH]
    ),
    "Azure": scripts.chunks(
        [
            {
                "choices": [],
                "created": 0,
                "id": "",
                "model": "",
                "object": "",
                "prompt_filter_results": [{"a": 1}],
            },
            *(chunk({"content": word}, choice={"content_filter_results": {}}) for word in "abc"),
            FINISH,
            {"choices": [], "usage": usage()},
        ]
    ),
    "DeepSeek": scripts.chunks(
        [
            *(
                chunk({"role": "assistant", "content": None, "reasoning_content": word})
                for word in ("hm", " so")
            ),
            *(chunk({"content": word, "reasoning_content": None}) for word in "abc"),
            FINISH,
        ]
    ),
    "logprobs": scripts.chunks(
        [chunk({"content": "a"}, choice={"logprobs": {"content": []}}), *WORDS, FINISH]
    ),
    "NaN in logprobs": body(
        b'data: {"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"x":NaN}}]}\n\n' + sse(FINISH)
    ),
    "one tool call": scripts.tool_call("f", '{"a": ', "1}"),
    "two tool calls in turns": scripts.chunks(
        [
            begun(0, "f"),
            begun(1, "g"),
            more(0, '{"a"'),
            more(1, "{}"),
            more(0, ":1}"),
            chunk(finish="tool_calls"),
        ]
    ),
    "a tool call of empty arguments": scripts.chunks([begun(0, "f"), chunk(finish="tool_calls")]),
    "tool calls after text": scripts.chunks(
        [*WORDS, begun(0, "f", "{}"), begun(1, "g", "{}"), chunk(finish="tool_calls")]
    ),
    "tool calls from index 1": scripts.chunks(
        [begun(1, "f", "{}"), begun(2, "g", "{}"), chunk(finish="tool_calls")]
    ),
    "unknown fields": scripts.chunks([chunk({"content": "a", "x": 1}, choice={"y": 2}, z=3), *WORDS, FINISH]),
    "duplicate keys": body(
        b'data: {"choices":[{"index":0,"delta":{"content":"x","content":"a"}}]}\n\n' + sse(FINISH)
    ),
    "a refusal": scripts.chunks([chunk({"refusal": "no"}), FINISH]),
    "an unknown finish reason": scripts.chunks([*WORDS, chunk(finish="eos_token")]),
    "an error": scripts.chunks([*WORDS, {"error": {"message": "lost"}}]),
    "an error at once": scripts.chunks([{"error": {"message": "lost"}}]),
    "no JSON": scripts.chunks([*WORDS, "not JSON"]),
    "a trailing comma": scripts.chunks(['{"choices": [],}']),
}


@dataclass
class Got:
    """What a reader made of an answer."""

    content: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: dict[int, list[str]] = field(default_factory=dict)
    finish: str | None = None
    tokens: int | None = None

    def add_call(self, index: int, *fields: str | None) -> None:
        texts = self.calls.setdefault(index, ["", "", ""])
        for at, text in enumerate(fields):
            texts[at] += text or ""


async def directly(url: str) -> Got | None:
    """By the openai client; None where it fails."""
    got = Got()
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="-", max_retries=0) as client:
        try:
            stream = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            async for one in stream:
                _add_chunk(got, one)
        except (openai.APIError, ValueError):
            return None
    return got


def _add_chunk(got: Got, one: Any) -> None:
    if one.usage is not None:
        got.tokens = one.usage.completion_tokens
    for choice in one.choices or ():
        got.finish = choice.finish_reason or got.finish
        delta = choice.delta
        got.content += delta.content or ""
        got.refusal += delta.refusal or ""
        got.reasoning += getattr(delta, "reasoning_content", None) or ""
        for call_ in delta.tool_calls or ():
            function = call_.function
            got.add_call(call_.index, call_.id, function.name, function.arguments)


def through_the_shim(events: list[pb.ChatEvent]) -> Got:
    got = Got()
    for event in events:
        got.content += event.content
        got.reasoning += event.reasoning
        got.refusal += event.refusal
        got.finish = event.choice_finish.reason or got.finish
        if event.HasField("tool_call"):
            told = event.tool_call
            got.add_call(told.index, told.id, told.name, told.arguments)
        if event.HasField("finish") and event.finish.HasField("usage"):
            got.tokens = event.finish.usage.completion_tokens
    return got


FAILS_DIRECTLY = ("an error", "an error at once", "no JSON", "a trailing comma")


@pytest.mark.parametrize("name", [name for name in CORPUS if name not in FAILS_DIRECTLY])
async def test_what_the_client_gets_directly_comes_through_the_shim(
    name: str, shim: Any, competitor: Any
) -> None:
    competitor.chat = CORPUS[name]
    direct = await directly(competitor.url)
    assert direct is not None
    got = through_the_shim(await shim.events())
    if direct.finish is None:  # it was done without a reason, which Janus calls a stop
        direct.finish = "stop"
    assert got == direct


@pytest.mark.parametrize("name", FAILS_DIRECTLY)
async def test_where_the_client_fails_the_shim_fails(name: str, shim: Any, competitor: Any) -> None:
    competitor.chat = CORPUS[name]
    assert await directly(competitor.url) is None
    await shim.failure()
