"""`python -m janus_platform`: serves the platform services until told to stop."""

import asyncio
import os

import janus_mesh as mesh
from janus_mesh.http import AllowedHosts

from .app import build_app
from .embeddings.embedder import Embedder, embedding_worker
from .gate.configured import configured_gate
from .inference.choice import choose
from .pictures.reading import PictureReader, picture_worker
from .services import running
from .settings import PlatformSettings

_OWNER_ONLY = 0o077


async def serve(settings: PlatformSettings, stop: asyncio.Event) -> None:
    gate = configured_gate(settings)
    async with (
        embedding_worker() as worker,
        picture_worker() as pictures,
        choose(settings, Embedder(worker), PictureReader(pictures)) as backend,
        running(settings, gate, Embedder(worker)) as services,
    ):
        hosts = AllowedHosts.of(
            settings.allowed_hosts, listening=settings.platform_host, urls=[settings.platform_url]
        )
        app = build_app(
            backend, max_body_bytes=settings.max_body_bytes, gate=gate, services=services, hosts=hosts
        )
        await mesh.serve_http(
            app,
            settings.platform_host,
            settings.platform_port,
            stop,
            drain_seconds=settings.drain_seconds,
            limits=settings.http_limits(),
        )


def main() -> None:
    os.umask(_OWNER_ONLY)  # whatever is written holds callers' data
    mesh.run("platform", PlatformSettings, serve)


if __name__ == "__main__":
    main()
