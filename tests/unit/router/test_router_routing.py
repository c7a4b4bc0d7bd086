"""What a chat through the router looks like from both ends, when all goes well or is simply refused."""

import asyncio
import json

import pytest
from support.answers import ChatEvent, ask, finish
from support.scripted_competitor import failing, holding, replaying, saying

from janus_mesh.errors import CompetitorRejected, InvalidRequest, ModelNotFound, Unavailable
from janus_proto._gen.janus.chat.v1 import event_pb2


def route_of(event: event_pb2.ChatEvent) -> dict[str, object]:
    assert event.janus.event == "route"
    payload: dict[str, object] = json.loads(event.janus.payload_json)
    return payload


def words_of(events: list[event_pb2.ChatEvent]) -> str:
    return "".join(event.content for event in events)


@pytest.mark.parametrize("transport", ["link", "rpc"])
async def test_events_are_passed_on_byte_for_byte_with_fields_that_nobody_knows(
    house, monkeypatch, transport
):
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", transport)
    unknown = b"\xaa\x06\x04newf\x92\x06\x02hi"  # fields 101 and 98: a later schema's
    extras = event_pb2.Extras(chunk_json='{"system_fingerprint":"fp"}', choice_json='{"logprobs":null}')
    scripted = [
        ChatEvent(start=event_pb2.AnswerStart(model="m", id="c-1", created=7), extras=extras),
        ChatEvent.FromString(ChatEvent(reasoning="hm").SerializeToString() + unknown),
        ChatEvent(choice=1, tool_call=event_pb2.ToolCallDelta(index=2, name="f", arguments='{"a"')),
        ChatEvent.FromString(ChatEvent(content="héllo").SerializeToString() + unknown),
        ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop")),
    ]
    competitor = await house.competitor(replaying(*scripted, finish(3, 4)))
    router = await house.router({"id": "a", "url": competitor.url})

    _, *received, _ = await router.ask(ask("a", n=2))

    assert [e.SerializeToString() for e in received] == [e.SerializeToString() for e in scripted]


async def test_the_first_event_tells_the_route(house):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url, "models": ["fast"]})

    by_default, by_id, by_model = [
        route_of((await router.ask(request))[0])
        for request in (ask("janus"), ask("whatever", competitor_id="a"), ask("fast"))
    ]

    assert by_default == {"competitor_id": "a", "attempt": 1, "reason": "default", "model": "janus"}
    assert by_id == {"competitor_id": "a", "attempt": 1, "reason": "competitor_id", "model": "whatever"}
    assert by_model == {"competitor_id": "a", "attempt": 1, "reason": "model", "model": "fast"}


@pytest.mark.parametrize(
    ("models", "asked", "forwarded"),
    [
        (["first", "second"], "janus", "first"),
        ([], "janus", "a"),
        (["first"], "", "first"),
        (["first"], "a", "a"),
        (["first", "second"], "second", "second"),
    ],
)
async def test_the_model_is_forwarded_as_asked_unless_the_caller_left_it_open(
    house, models, asked, forwarded
):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url, "models": models})

    await router.ask(ask(asked))

    assert competitor.requests[0].model == forwarded


async def test_the_request_reaches_the_competitor_otherwise_untouched(house):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url})
    request = ask("a", temperature=0.5, seed=3, extra_json='{"x":1}', metadata={"k": "v"})
    unknown = b"\xaa\x06\x04newf"
    request.MergeFromString(unknown)

    await router.ask(request)

    assert competitor.requests[0].SerializeToString(deterministic=True) == request.SerializeToString(
        deterministic=True
    )


async def test_a_shim_is_told_which_competitor_is_meant_and_a_native_one_is_not(house):
    shim, native = await house.competitor(), await house.competitor()
    await shim.set_health(True, "behind")
    router = await house.router(
        {"id": "behind", "url": "http://127.0.0.1:9", "shim": shim.address}, {"id": "own", "url": native.url}
    )

    await router.ask(ask("janus", competitor_id="behind"))
    await router.ask(ask("janus", competitor_id="own"))

    assert [r.competitor_id for r in shim.requests] == ["behind"]
    assert [r.competitor_id for r in native.requests] == [""]


async def test_competitors_without_a_shim_of_their_own_are_behind_the_common_one(house):
    shim = await house.competitor()
    await shim.set_health(True, "behind")
    router = await house.router({"id": "behind", "url": "http://127.0.0.1:9"}, shim_url=shim.address)

    await router.ask(ask("behind"))

    assert len(shim.requests) == 1


async def test_a_router_can_stand_behind_a_router(house):
    competitor = await house.competitor(saying("far", "away"))
    inner = await house.router({"id": "leaf", "url": competitor.url})
    outer = await house.router({"id": "region", "url": f"grpc://{inner.address}", "models": ["leaf"]})

    events = await outer.ask(ask("leaf"))

    said = [
        (e.janus.event, json.loads(e.janus.payload_json)["competitor_id"])
        for e in events
        if e.HasField("janus")
    ]
    assert said == [("route", "region"), ("inner_route", "leaf")]
    assert words_of(events) == "faraway"


async def test_an_unknown_model_is_refused_naming_the_parameter_and_some_that_are_known(house):
    router = await house.router(
        {"id": "a", "url": "grpc://127.0.0.1:9"}, {"id": "b", "url": "grpc://127.0.0.1:9"}
    )

    with pytest.raises(ModelNotFound, match=r"`nope`.*known ids: a, b") as caught:
        await router.ask(ask("nope"))

    assert caught.value.param == "model"


async def test_an_unknown_competitor_is_refused_naming_the_parameter(house):
    router = await house.router({"id": "a", "url": "grpc://127.0.0.1:9"})

    with pytest.raises(ModelNotFound, match="no competitor `nope`; known ids: a") as caught:
        await router.ask(ask("a", competitor_id="nope"))

    assert caught.value.param == "competitor_id"


async def test_who_does_not_answer_by_default_answers_by_name_alone(house):
    one, shy = await house.competitor(saying("one")), await house.competitor(saying("shy"))
    router = await house.router(
        {"id": "one", "url": one.url}, {"id": "shy", "url": shy.url, "models": ["quiet"], "default": False}
    )

    assert {words_of(await router.ask(ask("janus"))) for _ in range(10)} == {"one"}
    assert words_of(await router.ask(ask("quiet"))) == "shy"
    assert words_of(await router.ask(ask("x", competitor_id="shy"))) == "shy"


async def test_where_nobody_answers_by_default_the_default_model_is_unavailable(house):
    shy = await house.competitor()
    router = await house.router({"id": "shy", "url": shy.url, "default": False})

    with pytest.raises(Unavailable, match="no competitor answers by default"):
        await router.ask(ask("janus"))


async def test_without_any_competitor_the_default_model_is_unavailable_not_unknown(house):
    router = await house.router()

    with pytest.raises(Unavailable) as caught:
        await router.ask(ask("janus"))

    assert caught.value.retry_after > 0


async def test_a_competitor_s_refusal_reaches_the_caller_as_it_was_with_its_id(house):
    refusal = CompetitorRejected("too long", competitor_status=422, param="messages")
    competitor = await house.competitor(failing(refusal))
    router = await house.router({"id": "a", "url": competitor.url})

    with pytest.raises(CompetitorRejected) as caught:
        await router.ask(ask("a"))

    error = caught.value
    assert (error.message, error.http_status) == ("too long", 422)
    assert (error.param, error.competitor_id) == ("messages", "a")
    assert len(competitor.requests) == 1


async def test_load_goes_where_there_is_least_of_it(house):
    release = asyncio.Event()
    first, second = await house.competitor(holding(release)), await house.competitor(holding(release))
    router = await house.router(
        {"id": "a", "url": first.url, "models": ["m"]}, {"id": "b", "url": second.url, "models": ["m"]}
    )
    await router.until_state("HEALTHY", "a", "b")

    asked = [asyncio.create_task(router.ask(ask("m"))) for _ in range(6)]
    for competitor in (first, second):
        for _ in range(3):
            await competitor.next_answer()
    release.set()
    await asyncio.gather(*asked)

    assert len(first.requests) == len(second.requests) == 3


async def test_a_request_that_the_competitor_calls_invalid_is_not_tried_elsewhere(house):
    refuse = failing(InvalidRequest("bad", param="tools"))
    first, second = await house.competitor(refuse), await house.competitor(refuse)
    router = await house.router(
        {"id": "a", "url": first.url, "models": ["m"]}, {"id": "b", "url": second.url, "models": ["m"]}
    )

    with pytest.raises(CompetitorRejected, match="bad") as caught:
        await router.ask(ask("m"))

    assert (caught.value.http_status, caught.value.param) == (400, "tools")

    assert len(first.requests) + len(second.requests) == 1
