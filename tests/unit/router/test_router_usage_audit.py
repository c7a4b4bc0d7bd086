"""The figures of a finish: which are metered, which are claims, and which cannot be."""

import json

import pytest

from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2
from janus_router.usage.audit import audit
from janus_router.usage.estimate import Estimate, estimate
from janus_router.usage.platform import Metered


def metered(**figures: object) -> Metered:
    counted = {
        "calls": 1,
        "inference_calls": 1,
        "prompt_tokens": 30,
        "completion_tokens": 20,
        "estimated": False,
        "cost_usd": 0.5,
        "sandbox_seconds": 0.0,
    }
    return Metered(**{**counted, **figures})


def claim(**figures: object) -> event_pb2.Finish:
    return event_pb2.Finish(usage=event_pb2.Usage(**figures))


def janus(finish: event_pb2.Finish) -> dict[str, object]:
    said: dict[str, object] = json.loads(finish.usage.extra_json)["janus"]
    return said


def test_metered_model_calls_are_metered():
    finish = claim(prompt_tokens=30, completion_tokens=20, total_tokens=50)

    assert audit(finish, metered()).source == "metered"
    assert janus(finish) == {"source": "metered"}
    assert finish.usage.cost_usd == 0.5


def test_estimates_of_the_platform_count_rather_than_the_competitor_s_claim():
    finish = claim(prompt_tokens=1, completion_tokens=1, total_tokens=2)

    audit(finish, metered(estimated=True))

    assert (finish.usage.prompt_tokens, finish.usage.completion_tokens) == (30, 20)
    assert janus(finish) == {
        "source": "estimated",
        "reported": {"prompt_tokens": 1, "completion_tokens": 1},
    }


def test_without_metered_calls_all_figures_are_claims():
    finish = claim(prompt_tokens=7, completion_tokens=8, cost_usd=0.25)

    found = audit(finish, None)

    assert (found.source, found.cost_source) == ("reported", "reported")
    assert janus(finish) == {"source": "reported"}
    assert finish.usage.cost_usd == 0.25


def test_calls_of_other_services_prove_their_cost_and_no_tokens():
    finish = claim(prompt_tokens=7, completion_tokens=8, cost_usd=0.0)

    found = audit(finish, metered(inference_calls=0, prompt_tokens=0, completion_tokens=0, cost_usd=0.1))

    assert (found.source, found.cost_source) == ("reported", "metered")
    assert finish.usage.prompt_tokens == 7
    assert finish.usage.cost_usd == 0.1
    assert janus(finish) == {"source": "reported", "cost_source": "metered", "reported": {"cost_usd": 0.0}}


def test_tokens_that_nobody_counted_are_estimated():
    finish = event_pb2.Finish()

    found = audit(finish, None, Estimate(prompt_tokens=3, completion_tokens=4))

    assert found.source == "estimated"
    assert (finish.usage.prompt_tokens, finish.usage.completion_tokens, finish.usage.total_tokens) == (
        3,
        4,
        7,
    )
    assert not finish.usage.HasField("cost_usd")
    assert janus(finish) == {"source": "estimated"}


def test_the_cost_beside_estimated_tokens_is_the_metered_one():
    finish = event_pb2.Finish()
    embedding = metered(inference_calls=0, prompt_tokens=0, completion_tokens=0, cost_usd=0.1)

    audit(finish, embedding, Estimate(prompt_tokens=3, completion_tokens=4))

    assert (finish.usage.total_tokens, finish.usage.cost_usd) == (7, 0.1)
    assert janus(finish) == {"source": "estimated", "cost_source": "metered"}


def test_text_is_counted_without_pictures():
    request = request_pb2.ChatRequest(
        messages=[
            request_pb2.Message(text="four bytes: héé"),
            request_pb2.Message(
                parts=request_pb2.ContentParts(
                    parts=[
                        request_pb2.ContentPart(text="more"),
                        request_pb2.ContentPart(image_url=request_pb2.ImageUrl(url="data:" + "x" * 9999)),
                    ]
                )
            ),
        ]
    )

    assert estimate(request, 9) == Estimate(prompt_tokens=6, completion_tokens=3)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -float("inf"), -0.01, 1e7])
@pytest.mark.parametrize("name", ["cost_usd", "sandbox_seconds"])
def test_an_amount_that_cannot_be_is_dropped(name, amount):
    finish = claim(prompt_tokens=1, **{name: amount})

    audit(finish, None)

    assert not finish.usage.HasField(name)
    assert janus(finish) == {"source": "reported", "reported": {name: amount if abs(amount) < 1e8 else None}}


@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens", "total_tokens"])
def test_a_count_of_tokens_that_cannot_be_is_dropped(name):
    finish = claim(**{name: 2**64 - 1})

    audit(finish, None)

    assert getattr(finish.usage, name) == 0
    assert janus(finish)["reported"] == {name: 2**64 - 1}


def test_dropped_claims_are_shown_beside_metered_figures():
    finish = claim(prompt_tokens=30, completion_tokens=20, cost_usd=float("nan"))

    assert audit(finish, metered()).wrong == ["cost_usd"]
    assert finish.usage.cost_usd == 0.5
    assert janus(finish) == {"source": "metered", "reported": {"cost_usd": None}}


def test_what_the_competitor_says_of_the_source_is_replaced():
    finish = claim(prompt_tokens=1, extra_json='{"janus":{"source":"metered"},"details":{"cached":1}}')

    audit(finish, None)

    assert json.loads(finish.usage.extra_json) == {"details": {"cached": 1}, "janus": {"source": "reported"}}


@pytest.mark.parametrize("extra", ["[1", "[1]", "7", "[" * 100_000])
def test_extras_that_are_not_a_json_object_are_dropped(extra):
    finish = claim(prompt_tokens=1, extra_json=extra)

    audit(finish, None)

    assert json.loads(finish.usage.extra_json) == {"janus": {"source": "reported"}}
