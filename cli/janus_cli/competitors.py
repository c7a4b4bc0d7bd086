"""`janus competitors`: who competes, how they are, and taking one out of traffic or back in."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc

from janus_mesh import dial
from janus_mesh.errors import JanusError, Unavailable, from_grpc
from janus_mesh.plain_text import clean
from janus_proto._gen.janus.router.v1 import router_pb2 as pb
from janus_proto._gen.janus.router.v1 import router_pb2_grpc

from . import report
from .error_line import error_line

_ANSWER_SECONDS = 5.0
_LONGEST_REASON = 1_000
_STATE_COLOURS = {
    pb.COMPETITOR_STATE_HEALTHY: "green",
    pb.COMPETITOR_STATE_CONNECTING: "cyan",
    pb.COMPETITOR_STATE_DRAINING: "yellow",
    pb.COMPETITOR_STATE_EJECTED: "red",
    pb.COMPETITOR_STATE_UNHEALTHY: "red",
}


def run(target: str, work: Coroutine[None, None, None]) -> int:
    """Does one of the below as a command. 1 after an error, 130 after Ctrl-C."""
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        return 130
    except JanusError as error:
        sys.stderr.write(error_line(error, target) + "\n")
        return 1
    return 0


async def show(target: str) -> None:
    """Prints the list once."""
    async with _router(target) as router:
        answer = await router.ListCompetitors(pb.ListCompetitorsRequest(), timeout=_ANSWER_SECONDS)
    print(_table(answer.competitors))
    print(f"\nModel id for which the router chooses: {answer.default_model}")


async def watch(target: str) -> None:
    """Prints the list, and again after every change, until cancelled."""
    async with _router(target) as router:
        async for answer in router.WatchCompetitors(pb.WatchCompetitorsRequest()):
            if sys.stdout.isatty():
                sys.stdout.write("\x1b[2J\x1b[H")  # clear, home
            print(_table(answer.competitors), flush=True)
    raise Unavailable("the router ended the watch")


async def drain(target: str, competitor_id: str, *, resume: bool) -> None:
    """Stops new exchanges to a competitor, or lets them go there again."""
    request = pb.DrainCompetitorRequest(competitor_id=competitor_id, resume=resume)
    async with _router(target) as router:
        answer = await router.DrainCompetitor(request, timeout=_ANSWER_SECONDS)
    if resume:
        print(f"{competitor_id} takes traffic again.")
    else:
        print(f"{competitor_id} takes no new exchanges; {answer.live_exchanges} still run.")


@asynccontextmanager
async def _router(target: str) -> AsyncIterator[Any]:
    """A stub whose failures are raised typed. (Generated stub classes are synchronous by type.)"""
    async with dial(target) as peer:
        try:
            yield peer.stub(router_pb2_grpc.RouterServiceStub)
        except grpc.aio.AioRpcError as error:
            raise from_grpc(error) from None


def _table(competitors: Sequence[pb.Competitor]) -> str:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("id", "url", "models", "state", "live", "queued"):
        rows.add_column(heading, justify="right" if heading in ("live", "queued") else "left")
    rows.add_column("reason or description", overflow="fold")
    for one in competitors:
        state = pb.CompetitorState.Name(one.state).removeprefix("COMPETITOR_STATE_").lower()
        colour = _STATE_COLOURS.get(one.state, "default")
        live = (
            f"{one.live_exchanges}/{one.max_concurrency}" if one.max_concurrency else str(one.live_exchanges)
        )
        rows.add_row(
            escape(one.id),
            escape(one.url),
            escape(", ".join(one.models)),
            f"[{colour}]{state}[/]",
            live,
            str(one.queued_exchanges),
            escape(clean(one.reason or one.description, _LONGEST_REASON)),
        )
    return report.drawn(rows)
