"""Installing peers under the cache folder, once: a folder is complete when its mark stands in it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .target import Missing

_MARK = ".installed"


def once(folder: Path, install: Callable[[Path], None]) -> Path:
    """Fills `folder` by `install` unless that was done before; Missing when it cannot be."""
    if (folder / _MARK).exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    install(folder)
    (folder / _MARK).touch()
    return folder


def step(*command: str | Path, cwd: Path) -> None:
    """Runs one command of an installation; Missing with its last words when it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{words[0]}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Missing(f"{' '.join(words[:3])} failed: {said[-1][:200] if said else done.returncode}")


def said_by(*command: str | Path) -> str:
    """What a command prints, for asking a program for its version."""
    try:
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{command[0]}: {error}") from error
    return (done.stdout + done.stderr).strip()
