"""The folder of one running service, and the ends of services that could not end themselves.

Everything that outlives a killed service carries its name: the folder here and the control groups. The
folder is locked while its service lives, so that whoever finds it unlocked may take it apart.
"""

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from janus_mesh import logs

log = logs.get("sandbox.instance")

_LOCK = "lock"
_UNFINISHED = "."


class Instance:
    """A locked folder below `base`, which the sandboxes' users may pass through but not list."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock = lock

    @property
    def name(self) -> str:
        return self.folder.name

    @classmethod
    def create(cls, base: Path) -> Self:
        _make_own(base)
        name = secrets.token_hex(4)
        unfinished = base / f"{_UNFINISHED}{name}"
        unfinished.mkdir(mode=0o711)
        lock = _lock(unfinished)
        assert lock is not None  # nobody else knows it
        return cls(unfinished.rename(base / name), lock)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def sweep(base: Path, end_leftovers: Callable[[Path], int]) -> int:
    """Ends what dead services left; `end_leftovers(folder)` ends the sandboxes of one and counts them.

    Returns how many services had left something. Raises `OSError` for a base that is not ours.
    """
    _make_own(base)
    swept = 0
    for folder in sorted(base.glob("*/")):
        if folder.name.startswith(_UNFINISHED):
            continue
        with suppress(FileNotFoundError):  # somebody else swept it meanwhile
            lock = _lock(folder)
            if lock is None:
                continue
            ended = end_leftovers(folder)
            Instance(folder, lock).remove()
            swept += 1
            log.warning("ended what a dead service left", instance=folder.name, sandboxes=ended)
    return swept


def _make_own(base: Path) -> None:
    """Makes the base; one that somebody else made may hold whatever they like."""
    base.mkdir(parents=True, exist_ok=True, mode=0o711)
    if base.lstat().st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to another user", str(base))


def _lock(folder: Path) -> int | None:
    """Holds the folder until the descriptor is closed; None when somebody holds it."""
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
