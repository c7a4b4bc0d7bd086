"""The `janus` command: what it can do, and with which options.

What a command does stands in a module of its own, loaded when asked for, so that none waits for
another's libraries.
"""

import os
import sys
from importlib import metadata
from typing import Annotated, Never

import typer

app = typer.Typer(
    help="Brings the Janus mesh up, talks to it, looks after it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
competitors_app = typer.Typer(help="Who competes, and how they are.", invoke_without_command=True)
app.add_typer(competitors_app, name="competitors")

Target = Annotated[
    str | None,
    typer.Option(
        "--target", help="host:port of the router or any ChatService.", show_default="JANUS_ROUTER_URL"
    ),
]
Model = Annotated[str, typer.Option(help="Model or alias.", envvar="JANUS_DEFAULT_MODEL")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"janus {metadata.version('janus-cli')}")
        raise typer.Exit


@app.callback()
def janus(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What every command shares."""
    # gRPC's core writes notes about ordinary disconnects on standard error, past every logger, here and
    # in the services that inherit this; it must be said before the library is loaded.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once all is healthy.")] = False,
    wait: Annotated[float, typer.Option(min=1, help="Seconds in which all must get healthy.")] = 60.0,
    daemon: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Start every service, watch over them and show their logs. Ctrl-C stops them."""
    from . import up

    _exit(up.detached(wait=wait) if detach else up.run(wait=wait, daemon=daemon))


@app.command()
def down() -> None:
    """Stop what `janus up` started here."""
    from . import down

    _exit(down.run())


@app.command()
def status(
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until all is healthy.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Ask every service how it is. Exit status 0 only when all are healthy."""
    from . import status

    _exit(status.run(wait=wait, as_json=as_json))


@app.command()
def logs(
    service: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
) -> None:
    """Show the services' logs."""
    from . import logs

    _exit(logs.run(service, follow=follow, lines=lines))


@app.command()
def chat(
    prompt: Annotated[
        str | None, typer.Argument(help="The question; `-` reads it from standard input.")
    ] = None,
    *,
    target: Target = None,
    model: Model = "janus",
    competitor: Annotated[str, typer.Option(help="Competitor that must answer.")] = "",
    system: Annotated[str, typer.Option(help="Instructions for the model.")] = "",
    temperature: Annotated[float | None, typer.Option(help="0 to 2.")] = None,
    seed: Annotated[int | None, typer.Option(help="For repeatable answers.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest answer.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for the whole answer.")] = 300.0,
    as_json: Annotated[bool, typer.Option("--json", help="Every event as a JSON line.")] = False,
) -> None:
    """Ask a question and stream the answer; without one, hold a conversation."""
    from . import chat

    _quiet_mesh()
    wishes = chat.Wishes(
        model=model,
        competitor=competitor,
        system=system,
        temperature=temperature,
        seed=seed,
        max_tokens=max_tokens,
        timeout=timeout,
    )
    if prompt is None and sys.stdin.isatty():
        _exit(chat.conversation(_router(target), wishes))
    if prompt in (None, "-"):
        prompt = sys.stdin.read()
    if not prompt or not prompt.strip():
        raise typer.BadParameter("there is no question", param_hint="PROMPT")
    _exit(chat.once(prompt, _router(target), wishes, as_json=as_json))


@competitors_app.callback()
def competitors(
    context: typer.Context,
    target: Target = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show again after every change.")] = False,
) -> None:
    """List the competitors with their state."""
    context.obj = target
    _quiet_mesh()
    if context.invoked_subcommand is None:
        from . import competitors

        router = _router(target)
        _exit(competitors.run(router, competitors.watch(router) if watch else competitors.show(router)))


@competitors_app.command()
def drain(context: typer.Context, competitor_id: str) -> None:
    """Send no new exchanges to a competitor; live ones go on."""
    from . import competitors

    router = _router(context.obj)
    _exit(competitors.run(router, competitors.drain(router, competitor_id, resume=False)))


@competitors_app.command()
def resume(context: typer.Context, competitor_id: str) -> None:
    """Let a drained competitor take traffic again."""
    from . import competitors

    router = _router(context.obj)
    _exit(competitors.run(router, competitors.drain(router, competitor_id, resume=True)))


@app.command()
def doctor() -> None:
    """Check everything that Janus needs, and say how to mend what is wrong."""
    from . import doctor

    _quiet_mesh()
    _exit(doctor.run())


def _router(target: str | None) -> str:
    """Where to ask: what was said, else the environment's, else the running stack's, else the default."""
    from . import services
    from .state import Home

    if target or (target := os.environ.get("JANUS_ROUTER_URL")):
        return target
    running = Home.from_environment(os.environ).running()
    if running is not None and (target := running.url("router")):
        return target
    try:
        return services.resolve(os.environ).url("router")
    except services.BadVariable as error:
        sys.stderr.write(f"janus: {error}\n")
        _exit(2)


def _quiet_mesh() -> None:
    """What the mesh logs about its links is said better, once, by the command itself."""
    from janus_mesh import logs

    logs.configure("janus", level="error", form="console")


def _exit(status: int) -> Never:
    raise typer.Exit(status)
