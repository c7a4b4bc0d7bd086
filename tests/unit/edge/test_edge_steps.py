"""Where a stream has its steps: `X-Janus-Steps`, and what stream helpers of client libraries make of it."""

from typing import Any

import openai
import pytest
from support.answers import ChatEvent, finish
from support.edge_stack import EdgeStack, SseAnswer, chat, route, running_edge, scripted

from janus_proto._gen.janus.chat.v1 import event_pb2

STOP = ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop"))
STEP = ChatEvent(janus=event_pb2.JanusEvent(event="tool_start", payload_json='{"name":"ls"}'))
ARTIFACTS = [
    ChatEvent(
        artifact=event_pb2.Artifact(id=f"artf_{n}", type="file", url=f"/v1/artifacts/artf_{n}", size_bytes=n)
    )
    for n in (1, 2)
]
ANSWER = (
    route("alpha"),
    STEP,
    ChatEvent(content="Here"),
    *ARTIFACTS,
    ChatEvent(content=" they are."),
    STOP,
    finish(),
)


async def stream(edge: EdgeStack, **headers: str) -> SseAnswer:
    response = await edge.client.post(
        "/v1/chat/completions",
        json=chat(stream=True),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    return SseAnswer(response, response.text)


def places(answer: SseAnswer) -> tuple[list[str], list[str]]:
    """The steps in deltas, and those beside the choices."""
    inside = [delta["janus"]["event"] for delta in answer.deltas if "janus" in delta]
    beside = [chunk["janus"]["event"] for chunk in answer.chunks if "janus" in chunk]
    return inside, beside


EVENTS = ["route", "tool_start", "artifact", "artifact"]


@pytest.mark.parametrize(
    ("headers", "inside", "beside"),
    [
        ({}, EVENTS, []),
        ({"x_janus_steps": "delta"}, EVENTS, []),
        ({"x_janus_steps": "Chunk"}, [], EVENTS),
        ({"x_janus_steps": "off"}, [], []),
        ({"x_stainless_helper_method": "chat.completions.stream"}, [], EVENTS),
        ({"x_stainless_helper_method": "stream"}, [], EVENTS),
        ({"x_stainless_helper_method": "runTools"}, [], EVENTS),
        ({"x_stainless_helper_method": "chat.completions.parse"}, EVENTS, []),
        ({"x_stainless_helper_method": "stream", "x_janus_steps": "delta"}, EVENTS, []),
    ],
)
async def test_steps_stand_where_the_client_wants_them(
    headers: dict[str, str], inside: list[str], beside: list[str]
) -> None:
    async with running_edge() as edge:
        edge.router.answer = scripted(*ANSWER)
        answer = await stream(edge, **headers)
    assert places(answer) == (inside, beside)
    assert answer.content == "Here they are."
    assert answer.deltas[0]["role"] == "assistant"
    assert answer.done


@pytest.mark.parametrize("value", ["", "yes", "delta,chunk"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_another_value_is_400_and_names_the_header(value: str, streamed: bool) -> None:
    async with running_edge() as edge:
        response = await edge.client.post(
            "/v1/chat/completions", json=chat(stream=streamed), headers={"x-janus-steps": value}
        )
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "X-Janus-Steps"


async def test_openai_pythons_stream_helper_keeps_two_artifacts_apart() -> None:
    descriptors: list[Any] = []
    async with running_edge() as edge:
        edge.router.answer = scripted(*ANSWER)
        client = openai.AsyncOpenAI(
            base_url=f"http://127.0.0.1:{edge.port}/v1",
            api_key="none",
            max_retries=0,
            http_client=edge.client,
        )
        async with client.chat.completions.stream(
            model="m", messages=[{"role": "user", "content": "hello"}]
        ) as told:
            async for event in told:
                step = getattr(event.chunk, "janus", None) if event.type == "chunk" else None
                if step and step["event"] == "artifact":
                    descriptors.append(step["payload"])
            final = await told.get_final_completion()
        fetched = [(await edge.client.get(one["url"])).status_code for one in descriptors]
    message = final.choices[0].message
    assert (message.role, message.content) == ("assistant", "Here they are.")
    assert [one["id"] for one in descriptors] == ["artf_1", "artf_2"]
    assert fetched == [404, 404]  # signed links, which the scripted source has nothing for
    assert [(request.competitor_id, request.url) for request in edge.router.fetches] == [
        ("alpha", "/v1/artifacts/artf_1"),
        ("alpha", "/v1/artifacts/artf_2"),
    ]
