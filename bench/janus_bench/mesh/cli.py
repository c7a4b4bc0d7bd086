"""`python -m janus_bench.mesh`: options in, a report out. The exit code never depends on speed."""

import argparse
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path

from . import scenarios, targets
from .chart import as_svg
from .driver import measure, provide, say
from .report import as_json, as_text
from .scenario import QUICK, Options
from .target import Target

_INTERRUPTED = 130
_CACHE = Path(".cache/bench-peers")


def main(words: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(words)
    chosen_targets = _targets(given)
    chosen_scenarios = [s for s in scenarios.ALL if s.name in given.scenarios]
    if given.install:
        provided, missing = provide(chosen_targets, given.cache)
        for name in provided:
            say(f"{name}: {provided[name].version}")
        for name, reason in missing.items():
            say(f"{name}: {reason}")
        return 0
    _raise_open_files()
    try:
        run = measure(chosen_targets, chosen_scenarios, _options(given), given.cache)
    except KeyboardInterrupt:
        say("stopped")
        return _INTERRUPTED
    sys.stdout.write(as_text(run, chosen_scenarios))
    if given.json:
        given.json.write_bytes(as_json(run))
    if given.chart:
        given.chart.write_text(as_svg(run), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m janus_bench.mesh",
        description="Measures what streaming through each gateway costs, side by side on this machine.",
    )
    add = parser.add_argument
    known = ", ".join(target.name for target in targets.ALL)
    add("--targets", type=_names([t.name for t in targets.ALL]), help=f"comma-separated, of {known}")
    add("--scenarios", type=_names([s.name for s in scenarios.ALL]), help="comma-separated; all by default")
    add("--quick", action="store_true", help="a look in about two minutes: one short round, fewer cases")
    add("--rounds", type=int, help="interleaved rounds")
    add("--seconds", type=float, help="steady state in each trial")
    add("--streams", type=_paces, metavar="NxRATE,...", help="paced cases, such as 1x50,400x50")
    add("--cancels", type=int, help="clients that leave, in each phase")
    add("--idle-streams", type=int, help="streams held idle")
    add("--idle-seconds", type=float, help="how long they are held")
    add("--json", type=Path, metavar="FILE", help="write every reading there")
    add("--chart", type=Path, metavar="FILE", help="draw the main figures there, as SVG")
    add("--install", action="store_true", help="only find or install the peers")
    add("--cache", type=Path, default=_CACHE, metavar="DIR", help="where peers are installed (%(default)s)")
    parser.set_defaults(scenarios=[s.name for s in scenarios.ALL])
    return parser


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",") if name.strip()]
        strange = [name for name in chosen if name not in known]
        if strange or not chosen:
            raise argparse.ArgumentTypeError(
                f"{', '.join(strange) or 'nothing'}: choose from {', '.join(known)}"
            )
        return chosen

    return names


def _paces(text: str) -> tuple[tuple[int, float], ...]:
    try:
        pairs = [pair.split("x") for pair in text.split(",")]
        return tuple((int(streams), float(rate)) for streams, rate in pairs)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NxRATE,NxRATE") from error


def _targets(given: argparse.Namespace) -> list[Target]:
    """Those asked for; else all, or those that a quick look includes."""
    if given.targets:
        return [
            replace(target, slow=False, once=False) for target in targets.ALL if target.name in given.targets
        ]
    return [target for target in targets.ALL if not (target.slow and given.quick)]


def _options(given: argparse.Namespace) -> Options:
    """The profile, with what was asked for otherwise."""
    base = QUICK if given.quick else Options()
    asked = {field.name: getattr(given, field.name, None) for field in fields(Options)}
    return replace(base, **{name: value for name, value in asked.items() if value is not None})


def _raise_open_files() -> None:
    """2,000 streams are 2,000 sockets in the client and 4,000 in a gateway; children inherit the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
