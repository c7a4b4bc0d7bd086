"""The times of an answer, by their definitions."""

import pytest

from janus_bench.quality.observation import Event
from janus_bench.quality.timing import timing_of


def _timing(*events: tuple[float, str], ended: float = 3.0, tokens: int | None = None) -> object:
    return timing_of([Event(t, kind, 1) for t, kind in events], ended, tokens)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["content", "reasoning", "tool_call"])
def test_the_first_token_is_the_first_thing_said(kind: str) -> None:
    timing = _timing((0.1, "step"), (0.2, "ping"), (0.7, kind), (0.9, "content"))
    assert timing.ttft_s == 0.7  # type: ignore[attr-defined]


def test_itl_leaves_the_first_token_out_and_counts_tokens_not_chunks() -> None:
    timing = _timing((1.0, "content"), (2.0, "content"), ended=3.0, tokens=21)
    assert timing.itl_s == pytest.approx(0.1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("tokens", [None, 0, 1])
def test_there_is_no_itl_without_two_tokens(tokens: int | None) -> None:
    assert _timing((1.0, "content"), tokens=tokens).itl_s is None  # type: ignore[attr-defined]


def test_keep_alives_end_a_silence_but_no_gap() -> None:
    timing = _timing((0.5, "content"), (1.5, "ping"), (2.5, "content"), (3.0, "finish"))
    assert (timing.max_gap_s, timing.max_silence_s, timing.pings) == (2.0, 1.0, 1)  # type: ignore[attr-defined]


def test_an_answer_that_said_nothing_was_silent_throughout() -> None:
    timing = _timing(ended=4.0)
    assert (timing.ttft_s, timing.max_gap_s, timing.max_silence_s) == (None, None, 4.0)  # type: ignore[attr-defined]
