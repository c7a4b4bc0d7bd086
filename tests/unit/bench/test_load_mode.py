"""Load: requests leave on their timetable, and every time counts from there."""

import asyncio
import math
import time
from itertools import pairwise

import pytest
from support import competitor_scripts as scripts
from support.bench_stage import mock_endpoint
from support.http_competitor import HttpCompetitor
from support.scripted_competitor import ScriptedCompetitor, closed_port, saying

from janus_bench.mesh.script import Script
from janus_bench.quality.load.asking import open_asker
from janus_bench.quality.load.chart import as_svg
from janus_bench.quality.load.figures import StepFigures, figures_of, meets, saturation
from janus_bench.quality.load.generator import Outcome, carry_out
from janus_bench.quality.load.plan import Mode, Slo, Step, levels
from janus_bench.quality.load.reading import LoadReader, Reading
from janus_bench.quality.load.sweep import sweep
from janus_bench.quality.runners import Bounds, Target
from janus_mesh.errors import InvalidRequest

ASKED = {"messages": [{"role": "user", "content": "hello"}]}
BOUNDS = Bounds(connect_seconds=5, total_seconds=10)


class _Stalling:
    """A target that answers at once, but stalls for a while in the middle; it takes one at a time."""

    def __init__(self, stalls_from: float, stalls_for: float) -> None:
        self._began = time.monotonic()
        self._from, self._for = stalls_from, stalls_for

    async def ask(self, intended_at: float) -> Reading:
        sent_at = time.monotonic()
        into = sent_at - self._began - self._from
        if 0 <= into < self._for:
            await asyncio.sleep(self._for - into)
        now = time.monotonic()
        return _reading(intended_at, sent_at=sent_at, first_at=now, ended_at=now)


def _reading(intended_at: float = 0.0, **how: object) -> Reading:
    fields: dict[str, object] = {
        "intended_at": intended_at,
        "sent_at": intended_at,
        "first_at": intended_at + 0.1,
        "ended_at": intended_at + 0.5,
        "tokens": 11,
        "events": 12,
        "failure": None,
    }
    return Reading(**{**fields, **how})  # type: ignore[arg-type]


def test_arrivals_are_a_poisson_process_of_the_asked_rate_and_the_same_for_a_seed() -> None:
    step = Step(mode="open", level=200, seconds=50, seed=3)
    arrivals = list(step.arrivals())
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    mean = sum(gaps) / len(gaps)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    assert len(arrivals) == pytest.approx(10_000, rel=0.05)
    assert spread == pytest.approx(mean, rel=0.05)  # of an exponential, both are one over the rate
    assert arrivals == list(step.arrivals())


async def test_a_stall_is_felt_by_all_requests_that_were_due_in_it() -> None:
    step = Step(mode="open", level=100, seconds=1.5, warm_up=0.0)
    outcome = await carry_out(step, _Stalling(0.3, 0.6))
    figures = figures_of(outcome, Slo())
    assert figures.latency is not None
    assert figures.requests == len(list(step.arrivals()))
    slow = sum(reading.latency > 0.1 for reading in outcome.counted())
    assert slow >= 30  # about fifty are due in the stall; one caller at a time would have met it once
    assert figures.latency.p50 < figures.latency.p90


async def test_no_more_requests_than_asked_for_are_open_in_a_closed_loop() -> None:
    live = most = 0

    class Counting:
        async def ask(self, intended_at: float) -> Reading:
            nonlocal live, most
            live += 1
            most = max(most, live)
            await asyncio.sleep(0.005)
            live -= 1
            return _reading(intended_at)

    await carry_out(Step(mode="closed", level=3, seconds=0.2, warm_up=0.0), Counting())
    assert most == 3


async def test_what_was_due_in_the_warm_up_does_not_count() -> None:
    readings = [_reading(at) for at in (0.5, 1.5, 2.5, 3.5)]
    outcome = Outcome(Step(mode="open", level=1, seconds=3.0, warm_up=1.0), 1.0, 3.0, readings)
    assert [reading.intended_at for reading in outcome.counted()] == [1.5, 2.5]
    assert figures_of(outcome, Slo()).throughput == pytest.approx(1.0)  # those that ended in the two seconds


async def test_what_is_not_answered_in_time_counts_as_failed_with_its_time() -> None:
    class Silent:
        async def ask(self, intended_at: float) -> Reading:
            await asyncio.Event().wait()
            raise AssertionError

    for mode in ("open", "closed"):
        step = Step(mode=mode, level=20, seconds=0.2, warm_up=0.0, drain=0.1)  # type: ignore[arg-type]
        figures = figures_of(await carry_out(step, Silent()), Slo())
        assert figures.failures == {"unfinished": figures.requests}
        assert figures.requests > 0
        assert figures.latency is not None
        assert figures.latency.p50 >= 0.1


@pytest.mark.parametrize(
    ("reading", "good"),
    [
        (_reading(first_at=0.2, ended_at=0.7), True),
        (_reading(first_at=0.21, ended_at=0.7), False),
        (_reading(first_at=0.1, ended_at=0.7), False),  # 60 ms per token
        (_reading(first_at=0.1, ended_at=0.7, tokens=1), True),
        (_reading(failure="stream_cut"), False),
        (_reading(first_at=None), False),
    ],
)
def test_goodput_counts_what_keeps_both_limits(reading: Reading, good: bool) -> None:
    assert meets(reading, Slo(ttft_s=0.2, itl_s=0.05)) is good


def _step(level: float, throughput: float, mode: Mode = "open") -> StepFigures:
    return StepFigures(
        mode=mode, level=level, requests=1, failures={}, throughput=throughput, goodput=throughput,
        tokens_per_second=0, events_per_second=0, ttft=None, itl=None, latency=None, lag=None,
    )  # fmt: skip


def test_saturation_is_where_more_load_brings_no_more_answers() -> None:
    steps = [_step(1, 1), _step(2, 2), _step(4, 3.9), _step(8, 4.2), _step(16, 4.1)]
    assert saturation(steps) == 4
    assert saturation(steps[:3]) is None
    assert saturation([_step(1, 0)]) is None


@pytest.mark.parametrize(
    ("mode", "words"), [("open", "1,x"), ("open", ""), ("open", "0"), ("closed", "1.5"), ("open", "-1")]
)
def test_levels_that_are_none_are_refused_by_name(mode: Mode, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        levels(mode, words)
    assert caught.value.param == ("rates" if mode == "open" else "concurrency")


async def test_a_request_over_http_is_timed_and_counted() -> None:
    async with mock_endpoint() as endpoint:
        script = Script(tokens=20, gap=0.005, first=0.05)
        asked = {"messages": [{"role": "user", "content": str(script)}]}
        target = Target.parse(f"http://127.0.0.1:{endpoint.port}")
        async with open_asker(target, asked, BOUNDS) as asker:
            readings = [await asker.ask(time.monotonic()) for _ in range(3)]
    for reading in readings:
        assert (reading.failure, reading.tokens) == (None, 20)
        assert reading.events == 20 + 4  # opening, finish, usage, [DONE]
        assert (reading.ttft or 0) >= 0.049
        assert reading.latency >= 0.05 + 19 * 0.005 - 0.001  # the mock's timetable is absolute
        assert reading.itl == pytest.approx((reading.latency - (reading.ttft or 0)) / 19)


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with HttpCompetitor(scripts.tokens("hi")) as competitor:
        async with open_asker(Target.parse(competitor.url), ASKED, BOUNDS) as asker:
            for _ in range(4):
                await asker.ask(time.monotonic())
        assert competitor.connections == 1


async def test_a_request_over_grpc_is_timed_and_counted() -> None:
    async with (
        ScriptedCompetitor(saying("a", "b", "c")) as competitor,
        open_asker(Target.parse(competitor.url), ASKED, BOUNDS) as asker,
    ):
        reading = await asker.ask(time.monotonic())
    assert (reading.failure, reading.tokens) == (None, 3)
    assert 0 < (reading.ttft or 0) <= reading.latency


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        (scripts.reset_mid_stream, "connection_lost"),
        (scripts.end_without_finish, "stream_cut"),
        (scripts.error_mid_stream, "gpu_lost"),
        (scripts.refusal(503), "http_503"),
        (scripts.hang_mid_stream, "timeout"),
    ],
)
async def test_each_fault_under_load_is_named(script: scripts.Script, failure: str) -> None:
    async with (
        HttpCompetitor(script) as competitor,
        open_asker(Target.parse(competitor.url), ASKED, Bounds(total_seconds=0.5)) as asker,
    ):
        assert (await asker.ask(time.monotonic())).failure == failure


async def test_a_target_that_is_not_there_is_unreachable() -> None:
    target = Target.parse(f"http://127.0.0.1:{closed_port()}")
    async with open_asker(target, ASKED, BOUNDS) as asker:
        assert (await asker.ask(time.monotonic())).failure == "unreachable"


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_the_reader_finds_the_same_however_the_bytes_were_cut(size: int) -> None:
    body = (
        b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n: ping\n\n'
        b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
        b'data: {"choices":[],"usage":{"completion_tokens":7}}\n\ndata: [DONE]\n\n'
    )
    reader = LoadReader()
    for at in range(0, len(body), size):
        reader.feed(body[at : at + size], float(at))
    reader.end()
    assert (reader.failure, reader.tokens) == (None, 7)
    assert reader.first_at is not None
    assert reader.first_at >= body.index(b'"hi"') - size


async def test_a_sweep_goes_from_the_lowest_level_up_and_is_drawn() -> None:
    async with HttpCompetitor(scripts.tokens("hi")) as competitor:
        steps = [Step(mode="closed", level=level, seconds=0.3, warm_up=0.05) for level in (1, 2)]
        found = await sweep(Target.parse(competitor.url), ASKED, steps, Slo(ttft_s=5.0, itl_s=5.0))
    assert [step.level for step in found.steps] == [1, 2]
    assert all(step.throughput > 0 and not step.failures for step in found.steps)
    assert as_svg(found.steps, 1.0, "<title>").count("<path") >= 7


def test_a_warm_up_as_long_as_the_step_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        Step(mode="open", level=1, seconds=2.0, warm_up=2.0)
