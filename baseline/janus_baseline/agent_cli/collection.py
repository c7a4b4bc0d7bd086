"""The files that an agent leaves for the user, brought from its sandbox into the artifact store."""

import mimetypes
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError, Unavailable

from .platform import Account
from .sandy import Sandbox

log = logs.get("agent_cli.artifacts")

FOLDER = "/workspace/artifacts"
_MOST_FOLDERS = 100
_STORING_SECONDS = 120.0
_MOST_NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that outlives its sandbox: its path there, and its descriptor."""

    path: str
    descriptor: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.descriptor["url"])


@dataclass(frozen=True, slots=True)
class Left:
    """A file that could not be kept, and why."""

    path: str
    reason: str


async def found(sandbox: Sandbox, *, most: int) -> tuple[list[str], int]:
    """The files' paths, and how many more than `most` there are. Links are not followed."""
    paths: list[str] = []
    more = 0
    folders = [""]
    for folder in folders:  # which grows meanwhile
        for entry in await sandbox.entries(f"{FOLDER}/{folder}".rstrip("/")):
            path = f"{folder}/{entry.name}".lstrip("/")
            if entry.kind == "directory" and len(folders) < _MOST_FOLDERS:
                folders.append(path)
            elif entry.kind == "file" and len(paths) < most:
                paths.append(path)
            elif entry.kind in ("file", "directory"):
                more += 1
    return sorted(paths), more


async def collect(
    sandbox: Sandbox, account: Account, *, ttl: int, most: int
) -> AsyncGenerator[Kept | Left, None]:
    """Keeps one file after the other. One that cannot be kept does not hold up the others."""
    try:
        paths, more = await found(sandbox, most=most)
    except CompetitorFailed as error:  # an agent may have taken the folder away
        yield Left(FOLDER, error.message)
        return
    for path in paths:
        try:
            yield Kept(path, await _kept(sandbox, account, path, ttl))
        except JanusError as error:
            log.warning("artifact not kept", sandbox=sandbox.id, path=path, reason=error.message)
            yield Left(path, error.message)
    if more:
        yield Left(f"{more} more", f"at most {most} files are kept")


async def _kept(sandbox: Sandbox, account: Account, path: str, ttl: int) -> dict[str, Any]:
    """The descriptor of what was stored as it was read; nothing of it is held here."""
    name = path.rpartition("/")[2][-_MOST_NAME_CHARACTERS:]
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    descriptor = await account.object(
        "POST",
        "/v1/artifacts",
        params={"name": name, "ttl_seconds": ttl},
        content=sandbox.artifact(path),
        headers={"content-type": kind},
        timeout=_STORING_SECONDS,
    )
    if not all(
        isinstance(descriptor.get(field), str) and descriptor[field] for field in ("id", "url", "sha256")
    ):
        raise Unavailable("the artifact store's answer is no descriptor", code="artifact_store_failed")
    return descriptor
