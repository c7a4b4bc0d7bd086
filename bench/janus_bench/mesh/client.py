"""The load client: a process of its own, so that its CPU is nobody else's.

    python -m janus_bench.mesh.client      reads loads as lines of JSON; answers each with when its
                                           steady state is, and then with its outcome

It talks to loopback only, opens the streams that it was told to, and closes them all when it was told to.
"""

import asyncio
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable

import uvloop

from janus_bench.connection import Connection

from .figures import Quantiles
from .load import LOADS, LOOPBACK, Load, Outcome, Steady
from .reader import AnswerReader, Ending, Tally
from .script import Script

_LOOK_SECONDS = 0.02
_SETTLE_SECONDS = 0.3


class Crowd:
    """Carries out one load, and tells by `steady` when its steady state is."""

    def __init__(self, load: Load, steady: Callable[[Steady], None]) -> None:
        self._load = load
        self._tell_steady = steady
        self._began = time.monotonic()
        self._tally = Tally()
        self._endings: Counter[Ending] = Counter()
        self._faults: Counter[str] = Counter()
        self._first_token: list[float] = []
        self._unanswered = 0
        self._left_at: dict[str, float] = {}

    async def run(self) -> Outcome:
        tasks = [asyncio.create_task(self._stream(number)) for number in range(self._load.streams)]
        steady = await self._become_steady()
        cut_at = steady.end + self._load.cut_after
        _, late = await asyncio.wait(tasks, timeout=cut_at - time.monotonic())
        for task in late:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
        tally = self._tally
        return Outcome(
            endings=dict(self._endings),
            faults=dict(self._faults.most_common(5)),
            tokens=tally.tokens,
            steady_tokens=tally.steady_tokens,
            pings=tally.pings,
            first_token=self._first_token,
            unanswered=self._unanswered,
            gap=Quantiles.of(tally.gaps),
            delay=Quantiles.of(tally.delays),
            left_at=self._left_at,
        )

    async def _become_steady(self) -> Steady:
        """Waits for every stream's first token, within bounds, and sets the steady state a moment later."""
        load, tally = self._load, self._tally
        latest = self._began + load.steady_by
        # a look now and then costs the readers nothing
        while tally.started + self._endings["failed"] < load.streams and time.monotonic() < latest:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        start = max(time.monotonic(), self._began + load.open_over) + _SETTLE_SECONDS
        steady = Steady(start, start + load.steady)
        tally.steady_from, tally.steady_until = steady.start, steady.end
        self._tell_steady(steady)
        return steady

    async def _stream(self, number: int) -> None:
        """One stream, or one connection's row of them."""
        load = self._load
        opens_at = self._began + load.open_over * number / load.streams
        await asyncio.sleep(max(0.0, opens_at - time.monotonic()))
        connection: Connection | None = None
        turn = 0
        while turn == 0 or (load.repeat and time.monotonic() < self._tally.steady_until):
            if connection is None or not connection.reusable:
                connection = await self._connect()
            if connection is None:
                return
            await self._ask(connection, load.script.named(f"{load.endpoint.owner}.{number}x{turn}"))
            turn += 1
        if connection is not None:
            connection.leave()

    async def _connect(self) -> Connection | None:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(Connection, LOOPBACK, self._load.endpoint.port)
        except OSError as error:
            self._endings["failed"] += 1
            self._faults[f"connect: {error}"] += 1
            return None
        return connection

    async def _ask(self, connection: Connection, script: Script) -> None:
        load = self._load
        reader = AnswerReader(script.tokens, self._tally)
        try:
            async with asyncio.timeout(load.leave_after):
                await connection.ask(load.endpoint.request(script, stream=load.stream), reader)
        except TimeoutError:
            self._left_at[script.id] = time.monotonic()
            connection.leave()
            self._note(reader, "left")
        except asyncio.CancelledError:
            connection.leave()
            self._note(reader, "cut")
            raise
        else:
            self._note(reader, "failed" if reader.fault else "complete")

    def _note(self, reader: AnswerReader, ending: Ending) -> None:
        if reader.fault:
            ending = "failed"
            self._faults[reader.fault] += 1
        self._endings[ending] += 1
        if ending == "failed":
            return
        if reader.first_at is not None:
            self._first_token.append(reader.first_at - reader.sent_at)
        elif ending == "cut":
            self._unanswered += 1
            self._first_token.append(time.monotonic() - reader.sent_at)


def main() -> None:
    gc.disable()  # no pauses in the timings; what a load left behind goes between two loads
    for line in sys.stdin.buffer:
        _tell(uvloop.run(_carry_out(LOADS.validate_json(line))))
        gc.collect()


async def _carry_out(load: Load) -> Outcome:
    return await Crowd(load, _tell).run()


def _tell(message: Steady | Outcome) -> None:
    sys.stdout.buffer.write(message.to_json() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
