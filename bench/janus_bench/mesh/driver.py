"""The run: provides and starts the targets, then measures case by case, round by round, target by target."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from janus_bench.machine import Machine, this_machine

from .mock_control import mock_competitor
from .processes import StartFailed
from .results import Reading, Results, Sample
from .running import Running, running
from .scenario import Case, Options, Scenario, Stage
from .target import Missing, Provided, Site, Target
from .trial import load_client

_QUIET_SECONDS = 1.0
_BREAK_OFFS = 5
_IDLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that a report tells."""

    machine: Machine
    options: Options
    versions: Mapping[str, str]
    skipped: Mapping[str, str]  # target -> why it is not in the tables
    results: Results
    seconds: float


def say(line: str) -> None:
    """Progress goes to stderr: stdout is the report's."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


def provide(targets: Sequence[Target], cache: Path) -> tuple[dict[str, Provided], dict[str, str]]:
    """Finds or installs each target's program; those that cannot be had come back with the reason."""
    provided, missing = {}, {}
    for target in targets:
        say(f"{target.name}: looking for it, installing it if need be")
        try:
            provided[target.name] = target.provide(cache.resolve())
        except Missing as reason:
            missing[target.name] = str(reason)
    return provided, missing


def measure(targets: Sequence[Target], scenarios: Sequence[Scenario], options: Options, cache: Path) -> Run:
    """Carries out a whole run."""
    machine, began = this_machine(), time.monotonic()
    provided, skipped = provide(targets, cache)
    with (
        TemporaryDirectory(prefix="bench-mesh-") as scratch,
        mock_competitor() as mock,
        load_client() as client,
    ):
        bench = _Bench(Stage(client, mock), provided, Path(scratch))
        with bench.started([t for t in targets if t.name in provided], skipped) as started:
            for scenario in scenarios:
                for case in scenario.cases(options):
                    bench.measure_case(scenario, case, started)
    versions = {name: program.version for name, program in provided.items()}
    return Run(machine, options, versions, skipped, bench.results, time.monotonic() - began)


class _Bench:
    def __init__(self, stage: Stage, provided: Mapping[str, Provided], scratch: Path) -> None:
        self.results = Results()
        self._stage = stage
        self._provided = provided
        self._scratch = scratch

    @contextmanager
    def started(self, targets: Sequence[Target], skipped: dict[str, str]) -> Iterator[list[Running]]:
        """Runs all targets at once for the length of the block; those that do not start go to `skipped`."""
        with ExitStack() as stack:
            living = []
            for target in targets:
                say(f"{target.name}: starting")
                try:
                    living.append(stack.enter_context(self._running(target)))
                except StartFailed as reason:
                    skipped[target.name] = str(reason)
            yield living

    def measure_case(self, scenario: Scenario, case: Case, started: Sequence[Running]) -> None:
        able = [r for r in started if case.streams <= r.target.most_streams]
        for number in range(case.rounds):
            entrants = [r for r in able if number == 0 or not r.target.once]
            shift = number % max(1, len(entrants))  # nobody is always first
            for entrant in [*entrants[shift:], *entrants[:shift]]:
                name = entrant.target.name
                say(f"{scenario.name}: {case.label}, round {number + 1} of {case.rounds}: {name}")
                reading = self._measure(case, entrant)
                self.results.add(Sample(scenario.name, case.label, name, number, reading))

    def _measure(self, case: Case, entrant: Running) -> Reading:
        """One trial, and then quiet: what a target still does after its clients left is its own fault."""
        reading = case.measure(entrant, self._stage)
        faults = dict(reading.faults)
        left_open = self._hush(entrant.endpoint.owner)
        if not entrant.await_idle(_IDLE_SECONDS):
            faults[f"still busy {_IDLE_SECONDS:g} s after the trial"] = 1
        left_open += self._hush(entrant.endpoint.owner)
        if left_open:
            faults[f"upstream call still open {_QUIET_SECONDS:g} s after its client left"] = left_open
        if not entrant.living():
            faults["a process of it ended"] = 1
        return Reading(reading.figures, reading.parts, faults)

    def _hush(self, owner: str) -> int:
        """Breaks off calls to the mock that nobody waits for any more; returns how many were `owner`'s."""
        mock, broken = self._stage.mock, 0
        if mock.await_quiet(_QUIET_SECONDS):
            return 0
        for _ in range(_BREAK_OFFS):  # a call that was broken off may be tried again
            stubborn = mock.break_off()
            if not stubborn:
                break
            broken += sum(id_.startswith(f"{owner}.") for id_ in stubborn)
            time.sleep(_QUIET_SECONDS)
        return broken

    @contextmanager
    def _running(self, target: Target) -> Iterator[Running]:
        site = Site(self._stage.mock.port, self._scratch / target.name)
        with running(target, self._provided[target.name], site) as entrant:
            yield entrant
