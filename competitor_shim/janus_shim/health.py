"""Looks at each container's `GET /health`, and publishes what it sees as gRPC health of the competitor."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import orjson
from prometheus_client import Gauge

from janus_mesh import logs
from janus_mesh.errors import JanusError

from .containers import Container
from .http import HttpClient

# Until a container is first seen healthy, so that it takes part soon after it starts.
_FIRST_LOOKS_SECONDS = 0.25
# A container that does not say how it is within this time is not well.
_LOOK_SECONDS = 5.0
_LARGEST_REPORT = 64 * 1024

HEALTHY = Gauge("janus_shim_container_healthy", "1 while GET /health says ok.", ["competitor"])

Publish = Callable[[str, bool], Awaitable[None]]

log = logs.get("shim.health")


@dataclass(frozen=True, slots=True)
class Report:
    """What one look found; `reason` is empty when all is well."""

    reason: str
    version: str = ""


class HealthWatch:
    """One polling task per container, in `tasks`."""

    def __init__(
        self, client: HttpClient, publish: Publish, interval: float, tasks: asyncio.TaskGroup
    ) -> None:
        self._client = client
        self._publish = publish
        self._interval = interval
        self._tasks = tasks
        self._polls: dict[Container, asyncio.Task[None]] = {}

    async def follow(self, containers: Iterable[Container]) -> None:
        """Polls these containers and no others from now on."""
        wanted = set(containers)
        gone = self._polls.keys() - wanted
        for container in gone:
            self._polls.pop(container).cancel()
        for container in wanted - self._polls.keys():
            HEALTHY.labels(container.id).set(0)
            self._polls[container] = self._tasks.create_task(self._poll(container))
        for lost in {container.id for container in gone} - {container.id for container in wanted}:
            HEALTHY.remove(lost)
            await self._publish(lost, False)

    def stop(self) -> None:
        for poll in self._polls.values():
            poll.cancel()

    async def _poll(self, container: Container) -> None:
        known = None
        seen_healthy = False
        await self._publish(container.id, False)
        while True:
            report = await self._look(container)
            if report != known:
                known = report
                seen_healthy = seen_healthy or not report.reason
                log.info(
                    "health",
                    competitor_id=container.id,
                    healthy=not report.reason,
                    reason=report.reason or None,
                    version=report.version or None,
                )
                HEALTHY.labels(container.id).set(not report.reason)
                await self._publish(container.id, not report.reason)
            await asyncio.sleep(self._interval if seen_healthy else min(_FIRST_LOOKS_SECONDS, self._interval))

    async def _look(self, container: Container) -> Report:
        try:
            async with (
                asyncio.timeout(_LOOK_SECONDS),
                self._client.request("GET", container.health, {"accept": "application/json"}) as call,
            ):
                return _report(call.status, await call.read_whole(_LARGEST_REPORT))
        except TimeoutError:
            return Report(f"GET /health was not answered within {_LOOK_SECONDS:g} s")
        except JanusError as error:
            return Report(error.message)


def _report(status: int, body: bytes) -> Report:
    """200 is healthy, unless the body says `status` and it is another than `ok`."""
    if status != 200:
        return Report(f"GET /health answered with status {status}")
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Report("")
    if not isinstance(said, dict):
        return Report("")
    state = said.get("status", "ok")
    return Report(
        reason="" if str(state).lower() == "ok" else f"GET /health says {str(state)[:100]!r}",
        version=str(said.get("version", ""))[:100],
    )
