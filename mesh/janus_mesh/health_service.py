"""`grpc.health.v1.Health` of a mesh server: says why a service does not work, and ends its own watches."""

import asyncio
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from .health_detail import detail_metadata

_Status = health_pb2.HealthCheckResponse

# For the last health report to reach those who watch.
_LAST_REPORT_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Said:
    status: int
    detail: str = ""


class HealthService(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # the package has no types
    """Health by service name; the empty name stands for the whole server."""

    def __init__(self) -> None:
        self._said: dict[str, _Said] = {"": _Said(_Status.SERVING)}
        self._change = asyncio.Event()
        self._watches: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._ending = False

    def set(self, service: str, *, serving: bool, detail: str = "") -> None:
        """Publishes whether a service works, and why not. Without effect once the server stops.

        Watchers are told NOT_SERVING again when only the detail changed, so that they can ask for it.
        """
        if not self._stopping:
            self._put(service, _Said(_Status.SERVING) if serving else _Said(_Status.NOT_SERVING, detail))

    async def Check(self, request: Any, context: Any) -> Any:
        said = self._said.get(request.service)
        if said is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "there is no service of this name")
        elif said.detail:
            context.set_trailing_metadata(detail_metadata(said.detail))
        return _Status(status=said.status if said else _Status.SERVICE_UNKNOWN)

    async def Watch(self, request: Any, context: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._watches.add(task)
        try:
            await self._tell_changes(request.service, context)
        except asyncio.CancelledError:
            # Only a method that returns ends its call: grpc.aio sends no status for a cancelled one.
            if not self._ending:
                raise
            task.uncancel()
        finally:
            self._watches.discard(task)

    def stop(self) -> None:
        """Tells every watcher NOT_SERVING, then ends the watches, which would delay the shutdown."""
        self._stopping = True
        for service in [*self._said]:
            self._put(service, _Said(_Status.NOT_SERVING, "the server is stopping"))
        self._ending = True
        loop = asyncio.get_running_loop()
        for task in self._watches:
            loop.call_later(_LAST_REPORT_SECONDS, task.cancel)

    async def _tell_changes(self, service: str, context: Any) -> None:
        told: _Said | None = None
        while True:
            change = self._change
            said = self._said.get(service, _Said(_Status.SERVICE_UNKNOWN))
            if said != told:
                told = said
                await context.write(_Status(status=said.status))
            else:
                await change.wait()

    def _put(self, service: str, said: _Said) -> None:
        if self._said.get(service) != said:
            self._said[service] = said
            change, self._change = self._change, asyncio.Event()
            change.set()
