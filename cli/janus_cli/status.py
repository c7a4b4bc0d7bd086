"""`janus status`: asks every service for its health now, whoever started it."""

import asyncio
import json
import os
import sys
import time
from dataclasses import replace

from . import report, services
from .health import HealthChecks
from .state import Home, Run, ServiceRecord, State

_POLL_SECONDS = 0.2


def run(*, wait: float, as_json: bool) -> int:
    """Prints the table, once all is healthy or `wait` seconds have passed. 0 only when all is healthy."""
    home = Home.from_environment(os.environ)
    try:
        records = asyncio.run(_settled(home, wait))
    except services.BadVariable as error:
        sys.stderr.write(f"janus: {error}\n")
        return 2
    run = home.running()
    healthy = all(record.state is State.HEALTHY for record in records)
    print(_as_json(records, run, healthy) if as_json else report.table(records))
    if not as_json and run is None and not any(record.state is State.HEALTHY for record in records):
        print(f"\nNothing runs here. `{report.program('janus')} up` starts it.")
    return 0 if healthy else 1


async def _settled(home: Home, wait: float) -> list[ServiceRecord]:
    deadline = time.monotonic() + wait
    async with HealthChecks() as checks:
        while True:
            records = await asyncio.gather(*(_now(record, checks) for record in _known(home)))
            done = all(record.state is State.HEALTHY for record in records)
            if done or time.monotonic() >= deadline:
                return records
            await asyncio.sleep(_POLL_SECONDS)


def _known(home: Home) -> tuple[ServiceRecord, ...]:
    """What the supervisor runs; without one, what would run with this environment."""
    run = home.running()
    if run is not None and run.services:
        return run.services
    return tuple(
        ServiceRecord(service.name, service.url, service.probe, State.STOPPED, "", 0, None)
        for service in services.resolve(os.environ).services
    )


async def _now(record: ServiceRecord, checks: HealthChecks) -> ServiceRecord:
    if record.state in (State.RESTARTING, State.FAILED):
        return record
    reason = await checks.check(record.probe)
    if not reason:
        return replace(record, state=State.HEALTHY, reason="")
    state = State.UNHEALTHY if record.state is State.HEALTHY else record.state
    return replace(record, state=state, reason=reason)


def _as_json(records: list[ServiceRecord], run: Run | None, healthy: bool) -> str:
    return json.dumps(
        {
            "healthy": healthy,
            "supervisor": run.supervisor.pid if run else None,
            "services": [
                {
                    "name": record.name,
                    "url": record.url,
                    "state": record.state,
                    "reason": record.reason,
                    "restarts": record.restarts,
                    "pid": record.process.pid if record.process else None,
                }
                for record in records
            ],
        },
        indent=2,
    )
