"""The files that an agent leaves for the user, brought from its sandbox into the artifact store."""

import mimetypes
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError, Unavailable

from .platform import Account
from .sandy import FoundFile, Sandbox

log = logs.get("agent_cli.artifacts")

FOLDER = "/workspace/artifacts"
_DEEPEST = 8
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


async def found(sandbox: Sandbox, *, most: int) -> tuple[list[FoundFile], int]:
    """The files, by path, and how many more than `most` there are. Links are not followed."""
    files: list[FoundFile] = []
    more = 0
    folders = [""]
    while folders:
        folder = folders.pop(0)
        for entry in await sandbox.files(f"{FOLDER}/{folder}".rstrip("/")):
            path = f"{folder}/{entry.get('name')}".lstrip("/")
            if entry.get("type") == "directory" and path.count("/") < _DEEPEST:
                folders.append(path)
            elif entry.get("type") == "file" and len(files) < most:
                size = entry.get("size")
                files.append(FoundFile(path, size if isinstance(size, int) else 0))
            elif entry.get("type") == "file":
                more += 1
    return sorted(files, key=lambda file: file.path), more


async def collect(
    sandbox: Sandbox, account: Account, *, ttl: int, most: int
) -> AsyncGenerator[Kept | Left, None]:
    """Keeps one file after the other. One that cannot be kept does not hold up the others."""
    try:
        files, more = await found(sandbox, most=most)
    except CompetitorFailed as error:  # an agent may have taken the folder away
        yield Left(FOLDER, error.message)
        return
    for file in files:
        try:
            yield Kept(file.path, await _kept(sandbox, account, file, ttl))
        except JanusError as error:
            log.warning("artifact not kept", sandbox=sandbox.id, path=file.path, reason=error.message)
            yield Left(file.path, error.message)
    if more:
        yield Left(f"{more} more", f"at most {most} files are kept")


async def _kept(sandbox: Sandbox, account: Account, file: FoundFile, ttl: int) -> dict[str, Any]:
    """The descriptor of what was stored as it was read; nothing of it is held here."""
    name = file.path.rpartition("/")[2][-_MOST_NAME_CHARACTERS:]
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    descriptor = await account.object(
        "POST",
        "/v1/artifacts",
        params={"name": name, "ttl_seconds": ttl},
        content=sandbox.artifact(file.path),
        headers={"content-type": kind},
        timeout=_STORING_SECONDS,
    )
    if not all(
        isinstance(descriptor.get(field), str) and descriptor[field] for field in ("id", "url", "sha256")
    ):
        raise Unavailable("the artifact store's answer is no descriptor", code="artifact_store_failed")
    return descriptor
