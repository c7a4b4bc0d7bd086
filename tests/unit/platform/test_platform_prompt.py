"""Conversations in the words of the model's template."""

from typing import Any

import pytest

from janus_mesh.errors import InvalidRequest
from janus_platform.inference.embedded.prompt import DEFAULT_SYSTEM, conversation
from janus_platform.inference.embedded.request import Message

HI = {"role": "user", "content": "hi"}


def turns(*messages: dict[str, Any], instructions: str = "") -> list[tuple[str, str]]:
    parsed = [Message.model_validate(message) for message in messages]
    return [(turn.role, turn.content) for turn in conversation(parsed, instructions)]


def test_there_is_always_a_system_message() -> None:
    assert turns(HI) == [("system", DEFAULT_SYSTEM), ("user", "hi")]


def test_the_callers_system_message_stands_alone() -> None:
    assert turns({"role": "system", "content": "Be brief."}, HI)[0] == ("system", "Be brief.")


def test_an_empty_system_message_is_none() -> None:
    assert turns({"role": "system", "content": ""}, HI)[0] == ("system", DEFAULT_SYSTEM)


def test_system_and_developer_messages_are_one_wherever_they_stand() -> None:
    said = turns({"role": "system", "content": "A"}, HI, {"role": "developer", "content": "B"})
    assert said == [("system", "A\n\nB"), ("user", "hi")]


def test_instructions_follow_the_system_message() -> None:
    assert turns(HI, instructions="Do it.")[0] == ("system", f"{DEFAULT_SYSTEM}\n\nDo it.")


def test_parts_are_joined() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert turns({"role": "user", "content": parts})[1] == ("user", "ab")


def test_a_refusal_is_something_the_assistant_said() -> None:
    said = turns(HI, {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]})
    assert said[2] == ("assistant", "no")


def test_calls_and_their_results_become_words() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    said = turns(
        HI,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
    )
    assert said[2] == ("assistant", '{"name": "add", "arguments": {"a":1}}')
    assert said[3][0] == "user"
    assert "add answered: 2" in said[3][1]


def test_what_is_no_text_is_named() -> None:
    message = Message.model_validate({"role": "user", "content": [{"type": "image_url"}]})
    with pytest.raises(InvalidRequest) as caught:
        conversation([message])
    assert caught.value.param == "messages[0].content[0]"
