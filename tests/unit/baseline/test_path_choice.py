"""Which questions go to an agent: the rules as a table, the client's demand, the model's second opinion."""

import asyncio
import json
from typing import Any

import pytest
from support import competitor_scripts as scripts
from support.baseline import ASKED, CHAT, baseline
from support.http_competitor import Reply, Script

from janus_baseline.agent_cli import rules
from janus_baseline.agent_cli.conversation import Conversation
from janus_mesh.errors import InvalidRequest


def judged(text: Any, **fields: Any) -> tuple[str, str]:
    """Path and rule for a question."""
    body = json.dumps({"messages": [{"role": "user", "content": text}], **fields}).encode()
    verdict = rules.judge(Conversation(body), long_characters=200)
    assert verdict.reason.isascii()
    return verdict.path, verdict.rule


FILE = {"type": "file", "file": {"filename": "a.csv", "file_data": "data:text/csv;base64,MSwyCg=="}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Write a table of cities to cities.csv", "named file"),
        ("please save it as report.md", "named file"),
        ("Write a script that renames my photos", "thing to make"),
        ("Make me a bar chart of these numbers", "thing to make"),
        ("build a small web page about otters", "thing to make"),
        ("Generate a PDF", "thing to make"),
        ("Run this code and tell me what it prints", "code to run"),
        ("debug the failing tests", "code to run"),
        ("Search the web for the newest Rust release", "web"),
        ("Do some research on heat pumps", "web"),
        ("What does https://example.org/page say?", "page"),
        ("1. read it\n2. count the words\n3. sort them", "steps"),
        ("First collect the names, then sort them and finally count them", "steps"),
        ("x" * 201, "length"),
        ([{"type": "text", "text": "What is in it?"}, FILE], "attachment"),
    ],
)
def test_what_needs_more_than_words_goes_to_an_agent(text: Any, rule: str) -> None:
    assert judged(text) == ("complex", rule)


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "What is the capital of France?",
        "Write a haiku about rain",
        "Write a Python function that adds two numbers",
        "Explain step by step why the sky is blue",
        "How do I open a CSV file?",
        "Translate 'the file is open' into German",
        "",
        [{"type": "text", "text": "What is on it?"}, PICTURE],
    ],
)
def test_what_words_answer_stays_with_the_model(text: Any) -> None:
    assert judged(text)[0] == "fast"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"n": 2}, "n"),
    ],
)
def test_what_only_a_model_can_honour_stays_with_it(fields: dict[str, Any], named: str) -> None:
    assert judged("Write a script", **fields) == ("fast", "model only")
    body = json.dumps({**ASKED, **fields}).encode()
    assert Conversation(body).bound_to_the_model == named


def test_only_the_last_question_counts() -> None:
    messages = [
        {"role": "user", "content": "Write a script"},
        {"role": "assistant", "content": "Here."},
        {"role": "user", "content": "Thanks!"},
    ]
    assert judged("", messages=messages) == ("fast", "none")


@pytest.mark.parametrize("messages", [["hi"], [{"content": "hi"}], [{"role": 1}]])
def test_what_is_no_message_is_refused_by_its_place(messages: list[Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        judged("", messages=messages)
    assert refused.value.param == "messages[0]"


async def path_taken(script: Script, text: str, **settings: Any) -> tuple[str, str]:
    """Path and reason in the head of an answer, none of whose sandboxes exist."""
    async with baseline(script, **settings) as running:
        answer = await running.client.post(CHAT, json={**ASKED, "messages": _said(text)})
        return answer.headers["x-janus-path"], answer.headers["x-janus-path-reason"]


def _said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("header", "metadata", "param"),
    [("slow", None, "x-janus-path"), ("", {"janus_path": "slow"}, "metadata.janus_path")],
)
async def test_a_path_that_there_is_not_is_refused(header: str, metadata: Any, param: str) -> None:
    async with baseline(scripts.completion()) as running:
        asked = {**ASKED, "metadata": metadata}
        answer = await running.client.post(CHAT, json=asked, headers={"x-janus-path": header})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_a_demand_for_the_fast_path_is_followed() -> None:
    async with baseline(scripts.completion()) as running:
        asked = {**ASKED, "messages": _said("Write a script")}
        answer = await running.client.post(CHAT, json=asked, headers={"x-janus-path": "fast"})
    assert (answer.status_code, answer.headers["x-janus-path"]) == (200, "fast")
    assert answer.headers["x-janus-path-reason"] == "the client demands it"


async def test_an_agent_cannot_be_demanded_for_what_only_a_model_can_honour() -> None:
    async with baseline(scripts.completion()) as running:
        asked = {**ASKED, "n": 2, "metadata": {"janus_path": "complex"}}
        answer = await running.client.post(CHAT, json=asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "n")


UNCERTAIN = "Tell me all that there is to be told about the history of the steam engine, please, at length."


def opinion(word: str) -> Script:
    """A model that says this word when it is asked for an opinion, and answers as ever otherwise."""

    async def script(reply: Reply) -> None:
        asked_for_one = reply.asked.json["messages"][0]["role"] == "system"
        said = scripts.message(word) if asked_for_one else scripts.message()
        await scripts.completion(said)(reply)

    return script


async def test_a_model_may_be_asked_where_the_rules_are_not_certain() -> None:
    path, reason = await path_taken(opinion("COMPLEX."), UNCERTAIN, second_opinion=True)
    assert path == "fast"  # there is no sandbox here
    assert reason.startswith("a model finds it complex; but ")
    assert await path_taken(opinion("simple"), UNCERTAIN, second_opinion=True) == (
        "fast",
        "a model finds it simple",
    )


@pytest.mark.parametrize(
    "script", [opinion("Perhaps"), opinion(""), scripts.answer(500)], ids=["else", "nothing", "failed"]
)
async def test_an_opinion_that_is_none_leaves_the_rules_verdict(script: Script) -> None:
    async with baseline(script, second_opinion=True) as running:
        running.inference.next_chats.append(script)
        running.inference.chat = scripts.completion()
        answer = await running.client.post(CHAT, json={**ASKED, "messages": _said(UNCERTAIN)})
    assert answer.headers["x-janus-path-reason"] == "one call of the model answers it"


async def test_a_model_that_thinks_for_too_long_is_not_waited_for() -> None:
    async with baseline(scripts.completion(), second_opinion=True, second_opinion_timeout=0.05) as running:
        running.inference.next_chats.append(scripts.hang_before_head)
        answer = await running.client.post(CHAT, json={**ASKED, "messages": _said(UNCERTAIN)})
        first = await running.inference.asked()
        async with asyncio.timeout(5):
            await first.disconnected.wait()
    assert answer.headers["x-janus-path"] == "fast"


@pytest.mark.parametrize("text", ["hi", "Write a script"])
async def test_no_opinion_is_asked_for_where_the_rules_are_certain(text: str) -> None:
    async with baseline(scripts.completion(), second_opinion=True) as running:
        await running.client.post(CHAT, json={**ASKED, "messages": _said(text)})
        chats = [asked for asked in running.inference.requests if asked.path == CHAT]
    assert len(chats) == 1
