"""A container engine's command line, as far as Podman and Docker have it in common."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

from janus_mesh import logs
from janus_mesh.errors import Unavailable

log = logs.get("sandbox.containers")

OWNER = "janus.sandbox.owner"  # the label that says whose a container is
_SECONDS = 30.0
_NEXT_TRY_SECONDS = 0.05
_TRIES = 20
_GONE = "no such container"
_SWEPT_AWAY = "layer not known"


class Engine:
    """Runs its commands. All raise `Unavailable` with what it said."""

    def __init__(self, program: str) -> None:
        """Raises `Unavailable` when the program is missing."""
        found = shutil.which(program)
        if found is None:
            raise Unavailable(f"{program} is missing: it is not on the PATH")
        self.program = program
        self._path = found

    async def call(self, *arguments: str, stdin: bytes = b"") -> str:
        """What it writes to its standard output."""
        # Files, because an engine's own children keep pipes open for as long as a container lives.
        with _memory(stdin) as given, _memory() as said, _memory() as complaint:
            process = await asyncio.create_subprocess_exec(
                self._path, *arguments, stdin=given, stdout=said, stderr=complaint, cwd="/"
            )
            try:
                async with asyncio.timeout(_SECONDS):
                    code = await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
                raise Unavailable(f"{self.program} {arguments[0]} took more than {_SECONDS:g} s") from None
            if code != 0:
                raise Unavailable(f"{self.program} {arguments[0]}: {_last_line(_content(complaint))}")
            return _content(said).decode()

    async def make_image(self, name: str, archive: bytes) -> None:
        """Makes an image of a root's archive."""
        for _ in range(_TRIES):
            try:
                await self.call("import", "-", name, stdin=archive)
            except Unavailable as error:
                # Another service removed its own image, and with it the layer that both are made of.
                if _SWEPT_AWAY not in error.message:
                    raise
                failure = error
            else:
                return
        raise failure

    async def remove(self, container: str) -> None:
        """Ends a container and removes it; harmless when it is gone."""
        for _ in range(_TRIES):
            try:
                await self.call("rm", "--force", "--volumes", container)
            except Unavailable as error:
                if _GONE in error.message.lower():
                    return
                failure = error
                await asyncio.sleep(_NEXT_TRY_SECONDS)  # it is ending by itself, or being removed
            else:
                return
        log.error("a container stays behind", container=container, reason=failure.message)


def end_leftovers(program: str, owner: str) -> int:
    """Removes the containers and the image of a service that is gone; returns how many containers."""
    path = shutil.which(program)
    if path is None:
        return 0
    listed = _plain(path, "ps", "--all", "--quiet", "--filter", f"label={OWNER}={owner}").split()
    if listed:
        _plain(path, "rm", "--force", "--volumes", *listed)
    _plain(path, "rmi", "--force", image_name(owner))
    return len(listed)


def image_name(owner: str) -> str:
    return f"janus-sandbox-{owner}:1"


def marked(folder: Path) -> str:
    """The engine's program that a service's folder names; empty when it had none."""
    mark = folder / "engine"
    return mark.read_text() if mark.exists() else ""


def mark(folder: Path, program: str) -> None:
    """Notes in a service's folder which engine holds its boxes."""
    (folder / "engine").write_text(program)


def _plain(path: str, *arguments: str) -> str:
    ran = subprocess.run(  # noqa: S603  # our own program and arguments
        [path, *arguments],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        env=dict(os.environ),
        cwd="/",
    )
    return ran.stdout


def _memory(content: bytes = b"") -> BinaryIO:
    """A file in memory, to be read from its beginning."""
    file = os.fdopen(os.memfd_create("engine", os.MFD_CLOEXEC), "w+b", buffering=0)
    file.write(content)
    file.seek(0)
    return cast(BinaryIO, file)


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _last_line(complaint: bytes) -> str:
    lines: Sequence[str] = complaint.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it failed and said nothing"
