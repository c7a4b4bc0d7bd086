"""What `janus-bench` can do, and with which options.

What a command does stands in a module of its own, loaded when asked for, so that none waits for
another's libraries.
"""

import sys
from collections.abc import Callable
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from janus_mesh import logs
from janus_mesh.errors import JanusError

app = typer.Typer(
    help="Measures how good, how fast and how dear a chat server is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RunFile = Annotated[Path, typer.Argument(help="A run's JSON, or a bundle.", exists=True, dir_okay=False)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write; else stdout.")]
Key = Annotated[
    Path,
    typer.Option(envvar="JANUS_BENCH_KEY", help="Ed25519 private key in PEM; made when there is none."),
]
Target = Annotated[str, typer.Option(help="http(s)://host or grpc://host:port.", envvar="JANUS_BENCH_TARGET")]
Model = Annotated[str, typer.Option(help="Model or alias to ask for.")]
Competitor = Annotated[str, typer.Option(help="competitor_id that must answer.")]
ApiKey = Annotated[str, typer.Option(envvar="JANUS_API_KEY", help="Bearer token for the target.")]
Sandbox = Annotated[
    str | None,
    typer.Option(
        envvar="JANUS_BENCH_SANDBOX_URL",
        help="Where code of answers may run: an address, or `local` to start a sandbox service for it.",
    ),
]
_KEY = Path.home() / ".config" / "janus" / "bench-key.pem"
_LOCAL = "http://127.0.0.1:8000"


class Format(StrEnum):
    """What a run can be exported as."""

    CSV = "csv"
    HTML = "html"
    INSPECT = "inspect"
    CHUTES = "chutes"
    BUNDLE = "bundle"


def _version(wanted: bool) -> None:
    if wanted:
        print(f"janus-bench {metadata.version('janus-bench')}")
        raise typer.Exit


@app.callback()
def janus_bench(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What every command shares."""


@app.command()
def run(
    *,
    target: Target = _LOCAL,
    suite: Annotated[str, typer.Option(help="See `list-suites`.")] = "public/dev",
    benchmark: Annotated[str | None, typer.Option(help="Only this one; see `list-benchmarks`.")] = None,
    subset: Annotated[int | None, typer.Option(min=1, help="Only so many tasks, by the seed.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1)] = 0,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Questions at a time.")] = 4,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="How often each task is asked.")] = 1,
    model: Model = "janus",
    competitor: Competitor = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The run's JSON.")] = None,
    limit_cost: Annotated[float | None, typer.Option(min=0, help="US dollars after which to stop.")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for each answer.")] = 300.0,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run of this output file; its options stand.")
    ] = None,
    sandbox: Sandbox = None,
    api_key: ApiKey = "",
) -> None:
    """Ask a suite's tasks and score the answers. Ctrl-C keeps what is finished."""
    from janus_bench.quality.record import Config

    from . import run as command
    from .means import Means

    means = Means(sandbox, api_key)
    if resume is not None:
        _finish(lambda: command.resume(resume, means))
    config = Config(
        benchmark=benchmark,
        subset=subset,
        concurrency=concurrency,
        repeat=repeat,
        limit_cost_usd=limit_cost,
        timeout_s=timeout,
    )
    wish = command.Wish(target, suite, model, competitor, seed, config, output)
    _finish(lambda: command.start(wish, means))


@app.command()
def load(
    *,
    target: Target = _LOCAL,
    model: Model = "janus",
    competitor: Competitor = "",
    api_key: ApiKey = "",
    prompt: Annotated[str, typer.Option(help="What every request asks.")] = "Say hello.",
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest answer.")] = 64,
    rates: Annotated[str, typer.Option(help="Open loop: requests per second, such as 1,2,4.")] = "",
    concurrency: Annotated[str, typer.Option(help="Closed loop: requests at a time, such as 1,4,16.")] = "",
    seconds: Annotated[float, typer.Option(min=0.1, help="Length of each step.")] = 10.0,
    warm_up: Annotated[float, typer.Option(min=0, help="Seconds of each step that do not count.")] = 2.0,
    slo_ttft_ms: Annotated[float, typer.Option(min=0)] = 200.0,
    slo_itl_ms: Annotated[float, typer.Option(min=0)] = 50.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="All readings, as JSON.")] = None,
    chart: Annotated[Path | None, typer.Option(help="The sweep, as SVG.")] = None,
) -> None:
    """Find out how many requests a target bears."""
    from . import load as command

    wish = command.Wish(
        target=target,
        model=model,
        competitor=competitor,
        api_key=api_key,
        prompt=prompt,
        max_tokens=max_tokens,
        rates=rates,
        concurrency=concurrency,
        seconds=seconds,
        warm_up=warm_up,
        slo_ttft=slo_ttft_ms / 1000,
        slo_itl=slo_itl_ms / 1000,
        seed=seed,
    )
    _finish(lambda: command.start(wish, output, chart))


@app.command()
def show(file: RunFile) -> None:
    """Show a run's scores and figures."""
    from . import results

    _finish(lambda: results.show(file))


@app.command()
def compare(
    files: Annotated[list[Path], typer.Argument(help="Two runs or more.", exists=True, dir_okay=False)],
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Tell runs apart, on the tasks that they share; rank three or more."""
    from . import results

    _finish(lambda: results.compare(files, seed))


@app.command()
def report(file: RunFile, output: Output = None) -> None:
    """Write a run as one HTML page that needs no network."""
    from . import results

    _finish(lambda: results.export(file, "html", output or file.with_suffix(".html"), _KEY))


@app.command()
def export(
    file: RunFile,
    form: Annotated[Format, typer.Option("--format", "-f")] = Format.CSV,
    output: Output = None,
    key: Key = _KEY,
) -> None:
    """Write a run for other tools: spreadsheets, inspect-ai, chutes-bench-runner, or signed."""
    from . import results

    _finish(lambda: results.export(file, form.value, output, key))


@app.command()
def verify(
    file: RunFile,
    public_key: Annotated[str | None, typer.Option(help="Who must have signed, in base64.")] = None,
) -> None:
    """Check a run's hash, and a bundle's signature. Exit status 0 only when they hold."""
    from . import results

    _finish(lambda: results.verify(file, public_key))


@app.command()
def publish(
    file: RunFile,
    edge: Annotated[str, typer.Option(help="Where Janus is.")] = _LOCAL,
    api_key: ApiKey = "",
    key: Key = _KEY,
) -> None:
    """Sign a run and hand it in to the competition."""
    from . import results

    _finish(lambda: results.publish(file, edge, api_key, key))


@app.command()
def view(
    file: RunFile, port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 0
) -> None:
    """Serve a run's report on this machine alone, until Ctrl-C."""
    from . import view as command

    _finish(lambda: command.serve(file, port))


@app.command("list-suites")
def list_suites(
    *,
    check: Annotated[
        bool, typer.Option(help="Prove that each item takes what is right and no more.")
    ] = False,
    suite: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    sandbox: Sandbox = None,
) -> None:
    """List what can be asked, or prove that its items can be trusted."""
    from . import suites
    from .means import Means

    _finish(lambda: suites.check(suite, Means(sandbox)) if check else suites.list_suites(suite))


@app.command("list-benchmarks")
def list_benchmarks(
    suite: Annotated[str | None, typer.Option(help="Only those of this suite.")] = None,
) -> None:
    """List the benchmarks of each suite, with their tasks."""
    from . import suites

    _finish(lambda: suites.list_benchmarks(suite))


def _finish(command: Callable[[], int]) -> None:
    """Exits with the command's status; what cannot be done is one line and status 2."""
    try:
        status = command()
    except JanusError as error:
        sys.stderr.write(f"janus-bench: {error}\n")
        status = 2
    except OSError as error:  # a file that cannot be read or written, or a port that is taken
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"janus-bench: {where}{error.strerror or error}\n")
        status = 2
    except KeyboardInterrupt:
        status = 130
    raise typer.Exit(status)


def main() -> None:
    """The command as a process, with the process's logs."""
    logs.configure("janus-bench", level="error", form="console")
    app()
