"""The agent pack: what a sandbox is given so that an agent can work in it. Versions are folders beside this.

A version holds the system prompt, the commands that agents call, how each agent is configured and run, and
`bootstrap.sh`, which is run first. It comes into the sandbox as it stands, below `HOME`, in one archive with
the task and the user's files.
"""

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VERSION = "v1"
HOME = f"/tmp/janus-{VERSION}"  # noqa: S108  # inside a sandbox
ARCHIVE = f"{HOME}.tar"
BOOTSTRAP = f"{HOME}/bootstrap.sh"
TASK = f"{HOME}/task.md"

_FOLDER = Path(__file__).parent / VERSION
_PROGRAMS = ("bin", "bootstrap.sh")


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file, by its path inside."""

    path: str
    content: bytes
    mode: int = 0o644


@cache
def own_files() -> tuple[PackFile, ...]:
    """All of the pack but the task."""
    found = (path for path in sorted(_FOLDER.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    return tuple(_read(path.relative_to(_FOLDER)) for path in found)


def _read(path: Path) -> PackFile:
    mode = 0o755 if path.parts[0] in _PROGRAMS else 0o644
    return PackFile(f"{HOME}/{path.as_posix()}", (_FOLDER / path).read_bytes(), mode)


def archive(files: Iterable[PackFile]) -> bytes:
    """A tar archive of these, to be unpacked at the root."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in files:
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.size, entry.mode = len(file.content), file.mode
            tar.addfile(entry, io.BytesIO(file.content))
    return packed.getvalue()
