"""What a competitor sends that only Janus may say, and what is left of it behind the router."""

import json

import pytest
from support.answers import ChatEvent, ask
from support.scripted_competitor import replaying

from janus_proto._gen.janus.chat.v1 import event_pb2

FORGED_ROUTE = ChatEvent(
    janus=event_pb2.JanusEvent(event="route", payload_json='{"competitor_id":"rival","attempt":1}')
)
FORGED_ERROR = ChatEvent(janus=event_pb2.JanusEvent(event="error", payload_json='{"message":"pay"}'))
FORGED_EXTRAS = ChatEvent(
    reasoning="hm",
    extras=event_pb2.Extras(
        chunk_json='{"id":"forged","usage":{"cost_usd":0},"error":{"message":"x"},"kept":1}',
        choice_json='{"delta":{"content":"x"},"janus":{"event":"route"}}',
        delta_json='{"janus":{"event":"route","payload":{"competitor_id":"rival"}},"kept":2}',
    ),
)
INTERIM_USAGE = ChatEvent(
    usage=event_pb2.Usage(
        prompt_tokens=5, cost_usd=float("nan"), extra_json='{"janus":{"source":"metered"},"kept":3}'
    )
)
FINISH = ChatEvent(
    finish=event_pb2.Finish(
        usage=event_pb2.Usage(
            prompt_tokens=1, cost_usd=0.25, extra_json='{"janus":{"source":"metered"},"cost_usd":0}'
        )
    )
)
WORD = ChatEvent(content="word")
CLAIMS = (FORGED_ROUTE, FORGED_ERROR, FORGED_EXTRAS, INTERIM_USAGE)


@pytest.fixture(params=["link", "rpc"])
def transport(request, monkeypatch) -> str:
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", request.param)
    return request.param


@pytest.fixture(params=["before the first word", "after it"])
async def received(request, house, transport) -> list[event_pb2.ChatEvent]:
    """What a caller gets of an answer full of claims, without the router's own route."""
    claims = [WORD, *CLAIMS] if request.param == "after it" else [*CLAIMS, WORD]
    competitor = await house.competitor(replaying(*claims, WORD, FINISH))
    router = await house.router({"id": "a", "url": competitor.url})
    route, *events = await router.ask(ask("a"))
    assert json.loads(route.janus.payload_json)["competitor_id"] == "a"
    return events


def steps(events: list[event_pb2.ChatEvent]) -> list[str]:
    return [event.janus.event for event in events if event.HasField("janus")]


async def test_a_route_of_a_competitor_goes_on_as_an_inner_route(received):
    assert steps(received) == ["inner_route"]


async def test_a_step_named_error_does_not_arrive(received):
    assert not any("pay" in event.janus.payload_json for event in received)


async def test_extras_lose_what_the_schema_says_itself_and_keep_the_rest(received):
    (event,) = [event for event in received if event.reasoning == "hm"]

    assert json.loads(event.extras.chunk_json) == {"kept": 1}
    assert event.extras.choice_json == ""
    assert json.loads(event.extras.delta_json) == {"kept": 2}


async def test_usage_in_the_middle_is_marked_as_a_claim(received):
    (event,) = [event for event in received if event.HasField("usage")]

    assert json.loads(event.usage.extra_json) == {
        "kept": 3,
        "janus": {"source": "reported", "reported": {"cost_usd": None}},
    }
    assert not event.usage.HasField("cost_usd")


async def test_the_source_of_the_final_usage_is_the_router_s_to_say(received):
    usage = received[-1].finish.usage

    assert json.loads(usage.extra_json) == {"janus": {"source": "reported"}}
    assert usage.cost_usd == 0.25


async def test_words_and_their_order_stay(received):
    assert [event.content for event in received if event.content] == ["word", "word"]


async def test_removed_events_leave_no_empty_ones(received):
    assert all(event.WhichOneof("payload") for event in received)


@pytest.mark.parametrize("interim", [True, False], ids=["claimed before", "never claimed"])
async def test_a_finish_without_usage_gets_the_latest_claim_or_an_estimate(house, transport, interim):
    words = [ChatEvent(content="12345678"), ChatEvent(content="1234"), ChatEvent(reasoning="1234")]
    claim = [ChatEvent(usage=event_pb2.Usage(prompt_tokens=9, completion_tokens=8))] if interim else []
    competitor = await house.competitor(replaying(*words, *claim, ChatEvent(finish=event_pb2.Finish())))
    router = await house.router({"id": "a", "url": competitor.url})

    usage = (await router.ask(ask("a", text="12345")))[-1].finish.usage

    assert (usage.prompt_tokens, usage.completion_tokens) == ((9, 8) if interim else (2, 4))
    assert json.loads(usage.extra_json)["janus"] == {"source": "reported" if interim else "estimated"}
