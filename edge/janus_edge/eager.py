"""Running an awaitable until it would wait, outside of any task.

    rest = begun(send(message))
    if rest is not None:      # somebody has to wait
        await rest

Python 3.12 starts whole tasks this way (`asyncio.eager_task_factory`); a callback has no other.
"""

from collections.abc import Awaitable, Generator
from typing import Any


def begun(awaitable: Awaitable[None]) -> Awaitable[None] | None:
    """Runs it until it would wait. None when it has ended, else what is left of it, to be awaited."""
    steps = awaitable.__await__()
    try:
        waiting = next(steps)
    except StopIteration:
        return None
    return _Rest(steps, waiting)


class _Rest:
    """What is left: `waiting` is the future that the awaitable wants awaited first."""

    def __init__(self, steps: Generator[Any, Any, None], waiting: Any) -> None:
        self._steps = steps
        self._waiting = waiting

    def __await__(self) -> Generator[Any, Any, None]:
        try:
            yield self._waiting
        except BaseException:
            self._steps.close()
            raise
        yield from self._steps
