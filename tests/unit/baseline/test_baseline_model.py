"""The baseline as a process, in front of the platform as a process, with the real embedded model."""

from collections.abc import Iterator

import openai
import pytest
from support.stack import Stack

pytestmark = pytest.mark.xdist_group("embedded-model")

QUESTION = {
    "model": "baseline",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "temperature": 0,
    "max_tokens": 12,
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    stack = Stack(tmp_path_factory.mktemp("baseline"))
    try:
        for service in ("baseline", "platform"):
            stack.start(service)
        stack.wait("baseline")
        with openai.OpenAI(base_url=f"{stack.baseline_url}/v1", api_key="none", max_retries=0) as client:
            yield client
    finally:
        stack.stop()


def test_it_answers(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(**QUESTION)
    assert "Paris" in answer.choices[0].message.content
    assert answer.model == "smollm2-135m-instruct"
    assert answer.usage.completion_tokens > 0


def test_it_streams_the_same(client: openai.OpenAI) -> None:
    with client.chat.completions.create(**QUESTION, stream=True) as stream:
        chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == client.chat.completions.create(**QUESTION).choices[0].message.content
    assert chunks[0].choices[0].delta.janus["event"] == "path"
    assert len({chunk.id for chunk in chunks}) == 1


def test_it_refuses_in_the_proxys_words(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**QUESTION | {"temperature": 9})
    assert caught.value.param == "temperature"
