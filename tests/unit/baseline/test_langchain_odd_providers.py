"""What real providers send behind the LangChain baseline: nothing that arrived is lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import competitor_scripts as scripts
from support.answers import ask
from support.langchain_baseline import langchain

from janus_baseline.langchain.odd_chunks import ChunkReader
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

# Of OpenAI's client, when it copies what is not of its types.
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
TOOL = request_pb2.Tool(type="function", name="f", parameters_json='{"type": "object"}')


async def answered(folder: Path, *chunks: Any, tools: bool = False) -> list[event_pb2.ChatEvent]:
    request = ask("m")
    if tools:
        request.tools.append(TOOL)
    async with langchain(folder, scripts.chunks(list(chunks))) as it:
        return await it.ask(request)


def said(events: list[event_pb2.ChatEvent]) -> str:
    return "".join(event.content for event in events)


def thought(events: list[event_pb2.ChatEvent]) -> str:
    return "".join(event.reasoning for event in events)


def calls(events: list[event_pb2.ChatEvent]) -> dict[int, tuple[str, str, str]]:
    found: dict[int, tuple[str, str, str]] = {}
    for event in events:
        if event.WhichOneof("payload") == "tool_call":
            call = event.tool_call
            had = found.get(call.index, ("", "", ""))
            found[call.index] = (had[0] or call.id, had[1] or call.name, had[2] + call.arguments)
    return found


END = scripts.chunk(finish="stop")


@pytest.mark.parametrize("index", [{}, {"index": 0}], ids=["no index", "all index 0"])
async def test_parallel_tool_calls_without_an_index_are_calls_of_their_own(
    tmp_path: Path, index: dict[str, int]
) -> None:
    pieces = [
        scripts.chunk(
            {
                "tool_calls": [
                    {**index, "id": f"c{n}", "function": {"name": "f", "arguments": f'{{"n": {n}}}'}}
                ]
            }
        )
        for n in (1, 2, 3)
    ]
    events = await answered(tmp_path, *pieces, scripts.chunk(finish="tool_calls"), tools=True)
    assert calls(events) == {n - 1: (f"c{n}", "f", f'{{"n": {n}}}') for n in (1, 2, 3)}


async def test_arguments_as_an_object_are_their_text(tmp_path: Path) -> None:
    call = {"id": "c1", "function": {"name": "f", "arguments": {"a": 1}}}
    events = await answered(tmp_path, scripts.chunk({"tool_calls": [call]}), END, tools=True)
    assert json.loads(calls(events)[0][2]) == {"a": 1}


async def test_a_character_that_was_cut_in_two_is_put_together(tmp_path: Path) -> None:
    events = await answered(tmp_path, *CUT, END)
    assert said(events) == "\U0001f600!"


# As text, because the halves cannot be encoded.
CUT = (
    '{"choices": [{"index": 0, "delta": {"content": "\\ud83d"}}]}',
    '{"choices": [{"index": 0, "delta": {"content": "\\ude00!"}}]}',
)


async def test_half_a_character_loses_nothing_else(tmp_path: Path) -> None:
    half = '{"choices": [{"index": 0, "delta": {"content": "a\\ud83d"}}]}'
    events = await answered(tmp_path, half, scripts.chunk({"content": "b"}), half, END)
    assert said(events) == "a\ufffdba\ufffd"


async def test_content_as_a_list_of_parts_is_text_and_reasoning(tmp_path: Path) -> None:
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}]
    events = await answered(tmp_path, scripts.chunk({"content": parts}), END)
    assert (said(events), thought(events)) == ("Hi", "hm")


async def test_reasoning_may_be_called_so(tmp_path: Path) -> None:
    events = await answered(
        tmp_path, scripts.chunk({"reasoning": "hm"}), scripts.chunk({"content": "Hi"}), END
    )
    assert (said(events), thought(events)) == ("Hi", "hm")


async def test_usage_in_every_chunk_counts_once(tmp_path: Path) -> None:
    pieces = [
        {**scripts.chunk({"content": "a"}), "usage": scripts.usage(prompt=3, completion=n)}
        for n in range(1, 6)
    ]
    events = await answered(tmp_path, *pieces, {**END, "usage": scripts.usage(prompt=3, completion=5)})
    usage = events[-1].finish.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (3, 5)


@pytest.mark.parametrize("completion", [-35, "many", None, 10**12])
async def test_figures_that_cannot_be_right_lose_no_answer(tmp_path: Path, completion: object) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": completion, "total_tokens": 1}
    events = await answered(tmp_path, scripts.chunk({"content": "Hi"}), {**END, "usage": usage})
    assert said(events) == "Hi"
    assert events[-1].finish.usage.completion_tokens == 0


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "ping"},
        {"choices": None},
        {"choices": [{"index": 0}]},
        {"choices": [{"index": 0, "delta": None}]},
        {"choices": [7]},
        {"choices": [], "model": "", "prompt_filter_results": []},
        {**scripts.chunk({}), "id": 17, "created": "now"},
        scripts.chunk({"role": "model"}),
        scripts.chunk({"tool_calls": [None, {"function": None}]}),
    ],
    ids=["ping", "null", "no delta", "null delta", "number", "filter", "ids", "role", "calls"],
)
async def test_what_is_odd_costs_nothing_else(tmp_path: Path, odd: dict[str, Any]) -> None:
    pieces = (odd, scripts.chunk({"content": "Hel"}), odd, scripts.chunk({"content": "lo"}), odd)
    assert said(await answered(tmp_path, *pieces, END)) == "Hello"


async def test_text_after_the_finish_is_not_lost(tmp_path: Path) -> None:
    events = await answered(
        tmp_path, scripts.chunk({"content": "Hel"}), END, scripts.chunk({"content": "lo"})
    )
    assert said(events) == "Hello"


def test_pieces_of_calls_go_where_they_belong() -> None:
    reader = ChunkReader()

    def index(**call: Any) -> int:
        read = reader.read({"choices": [{"delta": {"tool_calls": [{"function": {}, **call}]}}]})
        found: int = read["choices"][0]["delta"]["tool_calls"][0]["index"]
        return found

    assert [
        index(index=0, id="a"),
        index(index=0),
        index(index=1, id="b"),
        index(index=0),
        index(index=1),
    ] == [*(0, 0, 1, 0, 1)]
