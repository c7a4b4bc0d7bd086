"""Follows the registry file: a valid change takes effect, an invalid one is reported and changes nothing.

The file is read every few seconds, whatever happens. Notifications of the file system only make it
sooner: they may be refused (inotify limits, permissions) or end (the folder is removed), and then they
are tried again with growing pauses. The folder is watched, not the file, so that an editor's rename and
a Kubernetes volume's symlink swap are seen.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from watchfiles import Change, awatch

from janus_mesh import logs

from .entry import Entry
from .file import RegistryInvalid, content, parse_file

Accept = Callable[[tuple[Entry, ...]], Awaitable[None]]
Refuse = Callable[[RegistryInvalid], None]

_POLL_SECONDS = 2.0
_GATHER_MS = 100  # a save is several notifications
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
# How often to look whether the folder that is watched is still the one of this name.
_FOLDER_MS = 2_000

log = logs.get("mesh.registry")


class RegistryWatch:
    """Hands each new valid content of `path` to `accept`, and each new fault to `refuse`.

    `known` is the content whose entries are in force. A content that `accept` fails for is tried again.
    """

    def __init__(
        self, path: Path, known: bytes, default_model: str, *, accept: Accept, refuse: Refuse
    ) -> None:
        self._path = path
        self._known: bytes | None = known
        self._refused: bytes | str | None = None  # the content, or why there is none
        self._default_model = default_model
        self._accept = accept
        self._refuse = refuse
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follows the file until it is cancelled; no fault of the file system ends it."""
        notifying = asyncio.create_task(self._be_notified())
        try:
            while True:
                self._changed.clear()
                await self._look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._changed.wait()
        finally:
            notifying.cancel()
            await asyncio.wait([notifying])

    async def _look(self) -> None:
        try:
            await self._read()
        except Exception:  # `accept` is not ours; the next look tries again
            log.exception("registry not taken over", path=str(self._path))

    async def _read(self) -> None:
        try:
            raw = await asyncio.to_thread(content, self._path)
        except RegistryInvalid as error:
            self._tell_refused(error.reason, error)
            return
        if raw == self._known:
            self._refused = None
            return
        if raw == self._refused:
            return
        try:
            entries = await asyncio.to_thread(parse_file, raw, self._path, self._default_model)
        except RegistryInvalid as error:
            self._tell_refused(raw, error)
            return
        self._known = None  # until all of it is taken over, nothing is surely in force
        await self._accept(entries)
        self._known, self._refused = raw, None

    def _tell_refused(self, what: bytes | str, error: RegistryInvalid) -> None:
        """Reports a fault once, until the file changes again."""
        if what != self._refused:
            self._refused = what
            self._refuse(error)

    async def _be_notified(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._notifications()
            except Exception as error:  # noqa: BLE001  # watchfiles raises what its backend meets, of many types
                log.warning(
                    "the registry's folder cannot be watched; the file is read every few seconds instead",
                    folder=str(self._folder),
                    poll_seconds=_POLL_SECONDS,
                    retry_seconds=pause,
                    reason=str(error),
                )
            if asyncio.get_running_loop().time() - began > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @property
    def _folder(self) -> Path:
        return self._path.absolute().parent

    async def _notifications(self) -> None:
        """Wakes the reader at each notification. Returns when another folder took the watched one's place."""
        watched = await asyncio.to_thread(self._identity)
        self._changed.set()  # for what changed between the last read and this
        async for changes in awatch(
            self._folder,
            watch_filter=self._concerns,
            recursive=False,
            debounce=_GATHER_MS,
            step=_GATHER_MS // 2,
            rust_timeout=_FOLDER_MS,
            yield_on_timeout=True,
        ):
            if changes:
                self._changed.set()
            if await asyncio.to_thread(self._identity) != watched:
                return

    def _identity(self) -> tuple[int, int]:
        status = os.stat(self._folder)  # noqa: PTH116  # as the kernel sees it; raises when it is gone
        return status.st_dev, status.st_ino

    def _concerns(self, _: Change, path: str) -> bool:
        return Path(path).name in (self._path.name, "..data")  # the latter is what Kubernetes swaps
