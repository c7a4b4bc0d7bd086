"""Watches how a competitor says it is, by one `grpc.health.v1.Health.Watch` that is kept open.

A lost watch is opened again with growing, jittered pauses. What it reports: not known yet, healthy, or
not healthy with the reason. A server of the mesh says more about NOT_SERVING in answer to `Check`, see
`janus_mesh.health_detail`; that is for operators alone, since it may quote the competitor.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import janus_mesh as mesh
from janus_mesh.health_detail import clean_detail, detail_of

log = mesh.logs.get("router.health")

_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
# How often a competitor without a health service is asked whether it is still there.
_PRESENCE_SECONDS = 5.0
# For the detail of NOT_SERVING; the next status is read after it.
_DETAIL_SECONDS = 1.0
# A competitor whose state changes all the time costs a log line and a list for each watcher this often.
_BETWEEN_REPORTS_SECONDS = 0.05

_Status = health_pb2.HealthCheckResponse


@dataclass(frozen=True, slots=True)
class Health:
    """The latest word. `serving` is None as long as there is none; `detail` is for operators."""

    serving: bool | None
    reason: str = ""
    detail: str = ""


UNKNOWN = Health(None, "not heard from yet")
_SERVING = Health(True)
_NOT_SERVING = Health(False, "its health check says NOT_SERVING")
_WORDS = {
    _Status.SERVING: _SERVING,
    _Status.NOT_SERVING: _NOT_SERVING,
    _Status.SERVICE_UNKNOWN: Health(False, "its address does not know a competitor of this id"),
}


class HealthWatch:
    """Follows `service` at `peer` and reports every change; `run` never returns by itself."""

    def __init__(
        self, peer: mesh.Peer, service: str, *, patience: float, report: Callable[[Health], None]
    ) -> None:
        self._stub = peer.stub(health_pb2_grpc.HealthStub)
        self._target = peer.target
        self._service = service
        self._patience = patience
        self._report = report
        self._last = UNKNOWN
        self._failures = 0

    async def run(self) -> None:
        while True:
            try:
                await self._follow()
                self._lost("it ended the health watch")
            except TimeoutError:
                self._lost(f"it did not answer the health check within {self._patience:g} s")
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                    self._heard(_SERVING)  # it has no health service, yet it is there to say so
                    await asyncio.sleep(_PRESENCE_SECONDS)
                    continue
                self._lost(_reason(error), error.details())
            await asyncio.sleep(self._pause())

    async def _follow(self) -> None:
        watch = self._stub.Watch(health_pb2.HealthCheckRequest(service=self._service))
        try:
            async with asyncio.timeout(self._patience):
                answer = await watch.read()
            while answer is not grpc.aio.EOF:
                if answer.status == _Status.NOT_SERVING:
                    await self._heard_not_serving()
                else:
                    self._heard(_WORDS.get(answer.status, UNKNOWN))
                await asyncio.sleep(_BETWEEN_REPORTS_SECONDS)
                answer = await watch.read()
        finally:
            watch.cancel()

    async def _heard_not_serving(self) -> None:
        """Reports it at once, then again with the detail if its server gives one."""
        if self._last.serving is not False:
            self._heard(_NOT_SERVING)
        check = self._stub.Check(
            health_pb2.HealthCheckRequest(service=self._service), timeout=_DETAIL_SECONDS
        )
        detail = ""
        with suppress(grpc.aio.AioRpcError):
            await check
            detail = detail_of(await check.trailing_metadata())
        self._heard(replace(_NOT_SERVING, detail=detail))

    def _heard(self, health: Health) -> None:
        self._failures = 0
        self._tell(health)

    def _lost(self, reason: str, details: str | None = None) -> None:
        """A healthy competitor whose watch breaks may only have been restarted: one more try decides."""
        self._failures += 1
        if self._failures == 1:
            log.warning("health watch lost", target=self._target, service=self._service, details=details)
        if self._last.serving and self._failures == 1:
            self._tell(Health(None, f"the health watch broke: {reason}"))
        else:
            self._tell(Health(False, reason, f"{reason}: {_last_error(details)}" if details else ""))

    def _tell(self, health: Health) -> None:
        if health != self._last:
            self._last = health
            self._report(health)

    def _pause(self) -> float:
        longest = min(_LONGEST_PAUSE, _SHORTEST_PAUSE * 2 ** min(self._failures - 1, 10))
        return random.uniform(longest / 2, longest)  # noqa: S311  # spreads reconnects, guards nothing


def _last_error(details: str) -> str:
    """The end of what gRPC says of a failed connection, which is the cause."""
    return clean_detail(details.rpartition("last error: ")[2])


def _reason(error: grpc.aio.AioRpcError) -> str:
    """For people who ask for a model and should not learn of addresses; the log has those."""
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return "it cannot be reached"
    return f"its health check fails with {error.code().name}"
