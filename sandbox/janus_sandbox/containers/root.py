"""The image of a container: links, and places to mount on. The programs are the machine's own, mounted."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from janus_sandbox.image import ROOTS, SUPERVISOR, Image

CONTROL = "/run/control"  # where the folder with the service's socket is seen
_PLACES = ("/usr", "/etc", "/proc", "/sys", "/dev", "/var", "/run", "/home", SUPERVISOR, CONTROL)


def archive(image: Image) -> bytes:
    """A tar archive that both engines' `import` takes."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for folder in _with_parents((*_PLACES, *ROOTS)):
            entry = tarfile.TarInfo(folder.lstrip("/"))
            entry.type = tarfile.DIRTYPE
            # An engine may give a folder in memory the mode of the one it hides.
            entry.mode = 0o1777 if folder in ROOTS else 0o755
            tar.addfile(entry)
        for target, place in image.links():
            entry = tarfile.TarInfo(place.lstrip("/"))
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return written.getvalue()


def _with_parents(folders: tuple[str, ...]) -> Iterator[str]:
    seen = set[str]()
    for folder in folders:
        path = PurePosixPath(folder)
        for one in (*reversed(path.parents[:-1]), path):
            if str(one) not in seen:
                seen.add(str(one))
                yield str(one)
