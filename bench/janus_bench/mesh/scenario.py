"""What a scenario is: a title, columns to show, and cases that each measure one running target."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .figures import quantile
from .load import Outcome
from .mock_control import Mock
from .results import Figure, Reading
from .running import Running
from .trial import LoadClient

View = Literal["value", "added", "ratio"]


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured."""

    rounds: int = 3
    seconds: float = 2.0  # of steady state in each trial
    streams: tuple[tuple[int, float], ...] = (
        (1, 50),
        (32, 50),
        (100, 50),
        (400, 50),
        (2000, 5),
    )  # x tokens/s
    cancels: int = 20  # clients that leave, in each phase
    all_phases: bool = True
    idle_streams: int = 400
    idle_seconds: float = 6.0


QUICK = Options(
    rounds=1,
    seconds=1.0,
    streams=((1, 50), (100, 50)),
    cancels=10,
    all_phases=False,
    idle_streams=100,
    idle_seconds=2.0,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: the figure itself, what it adds over `direct`, or as a multiple of envoy's."""

    title: str
    figure: Figure
    view: View = "value"
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands on both sides of a target."""

    client: LoadClient
    mock: Mock


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure, on one target at a time."""

    label: str
    streams: int
    rounds: int
    measure: Callable[[Running, Stage], Reading]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A group of cases with the same table."""

    name: str
    title: str
    columns: tuple[Column, ...]
    cases: Callable[[Options], tuple[Case, ...]]
    parts_title: str = ""  # of the column that tells the first figure by process


def milliseconds(seconds: float) -> float:
    return seconds * 1000


def latencies(outcome: Outcome) -> dict[Figure, float]:
    """First tokens, gaps and delays, as far as there were any."""
    figures = {}
    if outcome.first_token:
        figures[Figure.TTFT_P50] = milliseconds(quantile(outcome.first_token, 0.5))
        figures[Figure.TTFT_P99] = milliseconds(quantile(outcome.first_token, 0.99))
    if outcome.gap:
        figures[Figure.GAP_P99] = milliseconds(outcome.gap.p99)
    if outcome.delay:
        figures[Figure.DELAY_P50] = milliseconds(outcome.delay.p50)
        figures[Figure.DELAY_P99] = milliseconds(outcome.delay.p99)
    return figures


def faults_of(outcome: Outcome) -> dict[str, int]:
    """What went wrong, and what was still missing when time was up."""
    faults = dict(outcome.faults)
    if outcome.unanswered:
        faults["no token before the trial's end"] = outcome.unanswered
    return faults
