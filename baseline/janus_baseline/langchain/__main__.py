"""`python -m janus_baseline.langchain`: serves the competitor until told to stop."""

import asyncio
import os

import janus_mesh as mesh

from .settings import LangChainSettings

# Nothing of a conversation is sent to LangChain's own service, whatever a shell has set for other programs.
for _name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
    os.environ[_name] = "false"

log = mesh.logs.get("langchain")


async def serve(settings: LangChainSettings, stop: asyncio.Event) -> None:
    from .service import serving  # seconds of loading, which a mistake in the settings need not wait for

    async with serving(settings) as server:
        log.info("listening", address=server.address)
        await stop.wait()
        log.info("stopping", drain_seconds=settings.drain_seconds)


def main() -> None:
    mesh.run("baseline-langchain", LangChainSettings, serve)


if __name__ == "__main__":
    main()
