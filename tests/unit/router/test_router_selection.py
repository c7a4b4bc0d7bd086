"""The two policies, and what their random numbers decide."""

import random
from collections import Counter

import pytest

from janus_mesh.registry import Entry
from janus_router.competitor import Limits
from janus_router.ejection import Rules
from janus_router.peers import PeerPool
from janus_router.registry import Registry
from janus_router.selection import policy


@pytest.fixture
async def competitors():
    pool = PeerPool()
    limits = Limits(queue=1, ejection=Rules(), connect_timeout=5.0)
    registry = Registry(pool, limits, default_model="janus", shim="127.0.0.1:9")
    weights = {"a": 1.0, "b": 2.0, "c": 5.0}
    registry.replace(tuple(Entry(id=i, url="grpc://127.0.0.1:9", weight=w) for i, w in weights.items()))
    yield registry.competitors
    await registry.close()
    await pool.close()


def chosen(choose, competitors, times: int) -> Counter[str]:
    return Counter(choose(competitors).id for _ in range(times))


async def test_weights_are_shares_under_the_weighted_policy(competitors):
    counts = chosen(policy("weighted", random.Random(7)), competitors, 8_000)

    assert [counts[i] / 1_000 for i in "abc"] == pytest.approx([1, 2, 5], rel=0.1)


async def test_the_least_load_counts_by_weight(competitors):
    choose = policy("least_loaded", random.Random(7))
    for _ in range(80):
        choose(competitors).gate.enter()

    assert [competitor.gate.live for competitor in competitors] == [10, 20, 50]


async def test_ties_fall_at_random(competitors):
    counts = chosen(policy("least_loaded", random.Random(7)), competitors, 3_000)

    assert min(counts.values()) > 800


@pytest.mark.parametrize("name", ["weighted", "least_loaded"])
async def test_the_same_seed_makes_the_same_choices(competitors, name):
    one, two = (policy(name, random.Random(3)) for _ in range(2))

    assert [one(competitors).id for _ in range(50)] == [two(competitors).id for _ in range(50)]
