"""Reading `competitors.yaml`, and following its changes.

The router judges the file; the shim takes from it what it can use: the http(s) competitors that have
no shim of their own. An entry that says nothing of use is skipped, a file that is broken changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import watchfiles
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from janus_mesh import logs

from .containers import Container
from .settings import web_address

# How late a change is seen where the file system tells nothing of it (network and bind mounts).
_LATEST_MILLISECONDS = 5_000
_DEBOUNCE_MILLISECONDS = 100

Registry = Mapping[str, Container]

log = logs.get("shim.registry")


class BrokenRegistry(Exception):
    """The text is no registry; the message says why."""


def parse_registry(text: bytes) -> Registry:
    """The containers that the file names, by id. Raises `BrokenRegistry`."""
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        raise BrokenRegistry(" ".join(str(error).split())) from None
    entries = document.get("competitors") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise BrokenRegistry("there is no list called `competitors`")
    containers = [container for entry in entries if (container := _usable(entry)) is not None]
    return {container.id: container for container in containers}


def _usable(entry: Any) -> Container | None:
    if not isinstance(entry, dict) or entry.get("shim") or str(entry.get("url")).startswith("grpc://"):
        return None
    try:
        return container_at(str(entry["url"]), str(entry["id"]))
    except (KeyError, ValueError) as error:
        log.warning("entry skipped", entry=repr(entry), reason=repr(error))
        return None


def container_at(address: str, competitor_id: str) -> Container:
    """The container at an http(s) address. Raises `ValueError` when it is none."""
    url = web_address(address)
    return Container(competitor_id, url.with_path(url.path.rstrip("/") + "/"))


class RegistryFile:
    """The file, and what it said when it was last well-formed."""

    def __init__(self, path: Path) -> None:
        self.registry: Registry = {}
        self._path = path
        self._text: bytes | None = None

    async def follow(self, changed: Callable[[Registry], Awaitable[None]], stop: asyncio.Event) -> None:
        """Reports each change until `stop` is set."""
        # The folder, not the file: editors and Kubernetes replace it by another.
        changes = watchfiles.awatch(
            self._path.resolve().parent,
            recursive=False,
            debounce=_DEBOUNCE_MILLISECONDS,
            rust_timeout=_LATEST_MILLISECONDS,
            yield_on_timeout=True,
            stop_event=stop,
        )
        async for _ in changes:
            if await self.read():
                await changed(self.registry)

    async def read(self) -> bool:
        """Reads the file anew. Whether it names other containers than before; says so in the log."""
        try:
            text = await asyncio.to_thread(self._path.read_bytes)
            if text == self._text:
                return False
            self._text = text
            registry = parse_registry(text)
        except (OSError, BrokenRegistry) as error:
            log.error("registry refused", path=str(self._path), reason=str(error))
            return False
        if registry == self.registry:
            return False
        self.registry = registry
        log.info("registry", competitors=sorted(registry))
        return True
