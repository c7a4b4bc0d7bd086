"""A PostgreSQL cluster of the tests' own, in a folder that is gone afterwards."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.stack import free_port

# The server refuses to run as root.
_UNPRIVILEGED = "nobody"


@contextmanager
def cluster() -> Iterator[str]:
    """Its address without a database: `postgresql://janus@127.0.0.1:PORT`."""
    folder = Path(tempfile.mkdtemp(prefix="janus-postgres-", dir="/tmp"))
    user = _UNPRIVILEGED if os.geteuid() == 0 else getpass.getuser()
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
    try:
        _run(
            user,
            folder,
            "initdb",
            "-D",
            data,
            "-U",
            "janus",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        )
        _run(
            user, folder, "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", "40", "-o", options, "start"
        )
        try:
            yield f"postgresql://janus@127.0.0.1:{port}"
        finally:
            _run(user, folder, "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: str, folder: Path, program: str, *arguments: object) -> None:
    command = [_binary(program), *map(str, arguments)]
    # Not through pipes: the server would inherit them, and hold them open.
    with (folder.parent / f"{folder.name}.out").open("w+") as said:
        done = subprocess.run(
            command,
            user=user if os.geteuid() == 0 else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=60,
        )
        said.seek(0)
        output = said.read()
    Path(said.name).unlink()
    assert done.returncode == 0, f"{command}:\n{output}"


def _binary(program: str) -> str:
    """Debian keeps the server's programs off PATH, a folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    path = str(found[-1]) if found else shutil.which(program)
    assert path, f"{program} is missing: apt-get install postgresql"
    return path
