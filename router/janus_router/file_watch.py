"""Follows the registry file: a valid change takes effect at once, an invalid one is logged and ignored.

The folder is watched, not the file, so that an editor's rename and a Kubernetes volume's symlink swap are
seen; a look every few seconds covers what no notification tells, such as a symlink's target.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from watchfiles import Change, awatch

from janus_mesh import logs

from .entry import Entry
from .metering import REGISTRY_LOADS
from .registry_file import RegistryInvalid, content, parse_file

_LOOK_EVERY_MS = 2_000
_GATHER_MS = 100  # a save is several notifications
_RETRY_SECONDS = 1.0

log = logs.get("router.registry")


class FileWatch:
    """Hands every new valid content of `path` to `accept`; `known` is what it contained so far."""

    def __init__(
        self, path: Path, known: bytes, default_model: str, accept: Callable[[tuple[Entry, ...]], None]
    ) -> None:
        self._path = path
        self._known: bytes | None = known
        self._default_model = default_model
        self._accept = accept

    async def run(self) -> None:
        """Never returns by itself."""
        while True:
            try:
                await self._follow()
            except (OSError, RuntimeError) as error:  # the folder went away, or notifications ran out
                log.error("cannot watch the registry's folder", reason=str(error))
            await asyncio.sleep(_RETRY_SECONDS)
            await self._look()

    async def _follow(self) -> None:
        async for _ in awatch(
            self._path.absolute().parent,
            watch_filter=self._concerns,
            recursive=False,
            debounce=_GATHER_MS,
            step=_GATHER_MS // 2,
            rust_timeout=_LOOK_EVERY_MS,
            yield_on_timeout=True,
        ):
            await self._look()

    def _concerns(self, _: Change, path: str) -> bool:
        return Path(path).name in (self._path.name, "..data")  # the latter is what Kubernetes swaps

    async def _look(self) -> None:
        try:
            raw = await asyncio.to_thread(content, self._path)
        except RegistryInvalid as error:
            if self._known is not None:
                self._refuse(error)
            self._known = None
            return
        if raw == self._known:
            return
        self._known = raw
        try:
            entries = await asyncio.to_thread(parse_file, raw, self._path, self._default_model)
        except RegistryInvalid as error:
            self._refuse(error)
            return
        self._accept(entries)
        REGISTRY_LOADS.labels("loaded").inc()
        log.info("registry loaded", competitors=len(entries))

    def _refuse(self, error: RegistryInvalid) -> None:
        REGISTRY_LOADS.labels("refused").inc()
        log.error("registry refused, the running one stays", reason=str(error))
