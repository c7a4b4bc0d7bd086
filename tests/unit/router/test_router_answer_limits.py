"""What an answer of a native competitor may hold, whether it is spliced or not."""

import pytest
from support.answers import ChatEvent, ask, finish
from support.scripted_competitor import replaying

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2

WORD = ChatEvent(content="word")
TOO_MUCH = {
    "a choice that was not asked for": ChatEvent(choice=1, content="x"),
    "tool call 128": ChatEvent(tool_call=event_pb2.ToolCallDelta(index=128)),
    "too many bytes": ChatEvent(content="x" * 2_000),
    "too many bytes of reasoning": ChatEvent(reasoning="x" * 2_000),
}


@pytest.fixture(params=["link", "rpc"], autouse=True)
def transport(request, monkeypatch) -> str:
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", request.param)
    return request.param


@pytest.mark.parametrize("event", TOO_MUCH.values(), ids=TOO_MUCH)
@pytest.mark.parametrize("before", [0, 1], ids=["first", "after a word"])
async def test_an_answer_beyond_its_bounds_is_the_competitors_failure(house, event, before):
    competitor = await house.competitor(replaying(*[WORD] * before, event, finish()))
    router = await house.router(
        {"id": "a", "url": competitor.url}, router_max_answer_bytes=1_000, router_max_attempts=1
    )
    with pytest.raises(CompetitorFailed):
        await router.ask(ask("a"))


async def test_as_many_choices_as_were_asked_for_pass(house):
    competitor = await house.competitor(replaying(WORD, ChatEvent(choice=1, content="x"), finish()))
    router = await house.router({"id": "a", "url": competitor.url})
    _, *events = await router.ask(ask("a", n=2))
    assert [event.choice for event in events if event.content] == [0, 1]


@pytest.mark.parametrize("before", [0, 1], ids=["first", "after a word"])
async def test_unknown_fields_of_the_final_usage_are_bounded_too(house, before):
    usage = event_pb2.Usage(prompt_tokens=1, extra_json='{"a":"' + "x" * 300_000 + '"}')
    ending = ChatEvent(finish=event_pb2.Finish(usage=usage))
    competitor = await house.competitor(replaying(*[WORD] * before, ending))
    router = await house.router({"id": "a", "url": competitor.url}, router_max_attempts=1)
    with pytest.raises(CompetitorFailed):
        await router.ask(ask("a"))
