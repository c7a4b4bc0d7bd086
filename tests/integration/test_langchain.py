"""LangChain's `ChatOpenAI`, unmodified, against the running stack."""

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from support.stack import Stack

QUESTION = "What is the capital of France? Answer in one word."


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


@pytest.fixture
def model(model_stack: Stack) -> ChatOpenAI:
    return ChatOpenAI(
        base_url=f"{model_stack.url}/v1",
        api_key="none",
        model="baseline",
        temperature=0,
        max_tokens=48,
        stream_usage=True,
        max_retries=0,
    )


def test_it_answers_with_usage(model: ChatOpenAI) -> None:
    answer = model.invoke(QUESTION)
    assert "Paris" in answer.text
    assert answer.usage_metadata["output_tokens"] > 0


def test_it_streams_with_usage(model: ChatOpenAI) -> None:
    whole: AIMessageChunk | None = None
    pieces = 0
    for piece in model.stream(QUESTION):
        whole = piece if whole is None else whole + piece
        pieces += bool(piece.text)
    assert "Paris" in whole.text
    assert pieces > 1
    assert whole.usage_metadata["output_tokens"] > 0


def test_it_calls_a_tool(model: ChatOpenAI) -> None:
    bound = model.bind_tools([get_weather], tool_choice="get_weather")
    (call,) = bound.invoke("What is the weather in Paris?").tool_calls
    assert call["name"] == "get_weather"
    assert "city" in call["args"]


def test_it_streams_a_tool_call(model: ChatOpenAI) -> None:
    bound = model.bind_tools([get_weather], tool_choice="any")
    whole: AIMessageChunk | None = None
    for piece in bound.stream("What is the weather in Paris?"):
        whole = piece if whole is None else whole + piece
    (call,) = whole.tool_calls
    assert call["name"] == "get_weather"
