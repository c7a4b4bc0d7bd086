"""`python -m janus_bench.quality.proof`: a minute of measuring, a few lines of figures."""

import argparse
import gc

import uvloop
from rich.console import Console
from rich.table import Table

from janus_bench.machine import this_machine
from janus_bench.mesh.script import Script
from janus_bench.quality.load.figures import Percentiles
from janus_mesh import logs

from .measuring import Ports, ReaderFigures, clock_resolution, events_per_second, reader_figures, server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m janus_bench.quality.proof", description=__doc__)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=150, help="of each answer, 20 ms apart")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of the load generator at full speed")
    given = parser.parse_args()
    logs.configure("proof", level="error", form="console")
    gc.disable()  # no pauses in the timings
    console = Console(width=120)
    console.print(f"{this_machine()}; clock steps of {1e6 * clock_resolution():.2f} us", highlight=False)
    with server() as ports:
        uvloop.run(_prove_rate(ports, given, console))
        uvloop.run(_prove_times(ports, given, console))


async def _prove_times(ports: Ports, given: argparse.Namespace, console: Console) -> None:
    script = Script(tokens=given.tokens, gap=0.02, first=0.1)
    table = Table(
        box=None, pad_edge=False, title=f"{given.streams} streams, {given.tokens} tokens 20 ms apart"
    )
    for heading in ("", "error p50", "p99", "max", "TTFT p50", "p99", "ITL p50", "latency p50"):
        table.add_column(heading, justify="right" if heading else "left")
    rounds: dict[str, list[ReaderFigures]] = {}
    for _ in range(given.rounds):
        for target in ports.targets():
            figures = await reader_figures(target, script, given.streams)
            rounds.setdefault(target.transport, []).append(figures)
            table.add_row(figures.transport, *_cells(figures))
    console.print(table)
    console.print(_agreement(rounds), highlight=False)


async def _prove_rate(ports: Ports, given: argparse.Namespace, console: Console) -> None:
    for target in ports.targets():
        rate = await events_per_second(target, given.seconds, 32)
        console.print(f"load generator over {target.transport}: {rate:,.0f} events/s", highlight=False)


def _cells(figures: ReaderFigures) -> tuple[str, ...]:
    error, ttft = figures.error, figures.ttft
    values = (error.p50, error.p99, error.max, ttft.p50, ttft.p99, figures.itl.p50, figures.latency.p50)
    return tuple(f"{1000 * value:.3f} ms" for value in values)


def _agreement(rounds: dict[str, list[ReaderFigures]]) -> str:
    """The transports' medians beside how far the rounds of one transport lie apart."""
    said = []
    for name in ("ttft", "itl", "latency"):
        medians = {
            transport: [_of(figures, name).p50 for figures in several]
            for transport, several in rounds.items()
        }
        middle = {transport: sorted(values)[len(values) // 2] for transport, values in medians.items()}
        noise = max(max(values) - min(values) for values in medians.values())
        apart = abs(middle["http"] - middle["grpc"])
        said.append(f"{name} {1000 * apart:.3f} ms apart, rounds {1000 * noise:.3f} ms")
    return f"HTTP and gRPC, medians: {'; '.join(said)}"


def _of(figures: ReaderFigures, name: str) -> Percentiles:
    found: Percentiles = getattr(figures, name)
    return found


if __name__ == "__main__":
    main()
