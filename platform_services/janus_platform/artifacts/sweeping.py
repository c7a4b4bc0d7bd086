"""Removes expired artifacts now and then."""

import asyncio

from janus_mesh import logs
from janus_mesh.errors import JanusError

from .store import ArtifactStore

log = logs.get("artifacts")


async def keep_swept(store: ArtifactStore, *, seconds: float) -> None:
    """Sweeps at once and every so many seconds, until cancelled. A store that fails is tried again."""
    while True:
        try:
            if gone := await store.sweep():
                log.info("expired artifacts removed", count=gone)
        except JanusError as error:
            log.warning("sweep failed", reason=error.message)
        await asyncio.sleep(seconds)
