"""A well-behaved stream goes on smoothly during an attack, and the memory that it took comes back."""

import time

import pytest
from support.attacks import attack
from support.good_stream import PACE_SECONDS, good_stream
from support.stack import Stack

pytestmark = pytest.mark.timeout(240)

MOST_GAP_SECONDS = 0.25
MOST_GROWTH_BYTES = 50 * 1024 * 1024
MEMORY_BACK_WITHIN_SECONDS = 60.0
SERVICES = ("edge", "router", "shim")


def memory(stack: Stack) -> dict[str, int]:
    return {name: stack.services[name].rss_bytes() for name in SERVICES}


def growth_once_settled(stack: Stack, before: dict[str, int]) -> dict[str, int]:
    """How much more memory each service holds, as soon as it is little enough, or when the time is over."""
    deadline = time.monotonic() + MEMORY_BACK_WITHIN_SECONDS
    while True:
        grown = {name: now - before[name] for name, now in memory(stack).items()}
        if max(grown.values()) <= MOST_GROWTH_BYTES or time.monotonic() > deadline:
            return grown
        time.sleep(1)


# What the attacker must meet; None where it leaves by itself.
ANSWERS: dict[str, set[str] | None] = {
    "huge-head": {"431", "closed"},
    "huge-url": {"414", "431", "closed"},
    "huge-trailers": {"431", "400", "200", "closed"},
    "slow-heads": {"408", "closed"},
    "slow-bodies": {"408", "429", "503", "closed"},
    "many-biases": {"400", "413"},
    "many-keys": {"400", "413"},
    "deep-nesting": {"400"},
    "big-pictures": {"200", "429", "503"},
    "many-values": {"200", "429", "503"},
    "pipelined-gets": {"200"},
    "abort-storm": None,
    "unread-answers": None,
}


@pytest.fixture(scope="module", autouse=True)
def warmed_up(stack: Stack) -> None:
    """What a service allocates once and keeps, such as caches, is no growth."""
    for name in ("big-pictures", "pipelined-gets"):
        attack(name, stack.url)


# Quarantined by name, with what was measured beside a stream that should have no gap over 250 ms.
NOT_YET = {
    "big-pictures": "1.2 s: requests of 30 MB are copied and encoded on the event loop of each hop",
    "abort-storm": "0.3 s on two cores that also run the attacker and its container",
}


def _named(name: str) -> object:
    marks = [pytest.mark.xfail(reason=NOT_YET[name], strict=False)] if name in NOT_YET else []
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [_named(name) for name in ANSWERS])
def test_a_client_that_attacks_disturbs_nobody(stack: Stack, name: str) -> None:
    before = memory(stack)
    with good_stream(stack.url, "steady") as stream:
        met = attack(name, stack.url)
        time.sleep(1)  # what the attack left behind may still be worked on
        result = stream.stop()
    grown = growth_once_settled(stack, before)
    print(f"{name}: gap {result.longest_gap * 1000:.0f} ms, met {met}, grown {grown}")
    assert result.ending == ""
    assert result.tokens > 0.5 / PACE_SECONDS
    assert result.longest_gap <= MOST_GAP_SECONDS
    assert met
    if (expected := ANSWERS[name]) is not None:
        assert set(met) <= expected
    assert max(grown.values()) <= MOST_GROWTH_BYTES


PEER_FAULTS = (
    "endless-headers",
    "endless-header",
    "huge-line",
    "comment-flood",
    "endless-comment",
    "gzip-bomb",
    "gzip-bomb-line",
    "gzip-bomb-comments",
)


@pytest.mark.parametrize("fault", PEER_FAULTS)
def test_a_competitor_that_floods_disturbs_nobody(stack: Stack, fault: str) -> None:
    before = memory(stack)
    with good_stream(stack.url, "steady") as stream:
        met = attack(f"peer-{fault}", stack.url)
        result = stream.stop()
    grown = growth_once_settled(stack, before)
    print(f"{fault}: gap {result.longest_gap * 1000:.0f} ms, met {met}, grown {grown}")
    assert result.ending == ""
    assert result.longest_gap <= MOST_GAP_SECONDS
    assert met
    assert max(grown.values()) <= MOST_GROWTH_BYTES
