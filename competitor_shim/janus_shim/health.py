"""Checks each container's health path, and publishes the result as gRPC health of the competitor."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import Gauge

from janus_mesh import logs
from janus_mesh.errors import JanusError

from .containers import Container
from .health_report import LARGEST_BODY, Report, report_of
from .http import HttpClient

# Until a container is first seen healthy, so that it takes part soon after it starts.
_FIRST_CHECKS_SECONDS = 0.25
# A container that does not answer within this time is not healthy.
_CHECK_SECONDS = 5.0

HEALTHY = Gauge("janus_shim_container_healthy", "1 while the health check succeeds.", ["competitor"])

Publish = Callable[[str, str], Awaitable[None]]  # competitor id, and why it is not healthy; empty if it is

log = logs.get("shim.health")


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
            await self._publish(lost, "it left the registry file")

    def stop(self) -> None:
        for poll in self._polls.values():
            poll.cancel()

    async def _poll(self, container: Container) -> None:
        known = None
        seen_healthy = False
        await self._publish(container.id, "it was not checked yet")
        while True:
            report = await self._check(container)
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
                await self._publish(container.id, report.reason)
            await asyncio.sleep(
                self._interval if seen_healthy else min(_FIRST_CHECKS_SECONDS, self._interval)
            )

    async def _check(self, container: Container) -> Report:
        if container.problem:
            return Report(container.problem)
        path = container.health.raw_path
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                return await self._asked(container, path)
        except TimeoutError:
            return Report(f"GET {path} was not answered within {_CHECK_SECONDS:g} s")
        except JanusError as error:
            return Report(error.message)
        except Exception:  # one container's oddity must not end the checks of all
            log.exception("health check failed", competitor_id=container.id)
            return Report(f"GET {path} failed; the shim's log says why")

    async def _asked(self, container: Container, path: str) -> Report:
        headers = {"accept": "application/json, */*;q=0.5", **dict(container.headers)}
        async with self._client.request("GET", container.health, headers, ca_file=container.ca_file) as call:
            return report_of(path, call.status, await call.read_some(LARGEST_BODY))
