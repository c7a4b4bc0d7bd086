"""Folders of the platform's data, which hold what callers keep: for the service's own user alone."""

import os
from pathlib import Path

_OWNER_ONLY = 0o700


def private_folder(folder: Path) -> Path:
    """Makes the folder, or closes the one that is there to other users if it is ours."""
    folder.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY)
    found = folder.stat()
    if found.st_uid == os.geteuid() and found.st_mode & 0o077:
        folder.chmod(_OWNER_ONLY)
    return folder
