"""Prints the edge's OpenAPI document, from which `make ui-types` makes `src/gateway/api.d.ts`."""

import asyncio
import json
import sys

from pydantic import SecretStr

import janus_mesh as mesh
from janus_edge.app import create_app
from janus_edge.settings import EdgeSettings

_UNUSED_KEY = SecretStr("x" * 32)  # without one the edge warns


async def document() -> str:
    """The document as JSON; nothing is dialled for it."""
    async with mesh.dial("127.0.0.1:1") as peer:
        app = create_app(EdgeSettings(artifact_key=_UNUSED_KEY), peer)
        return json.dumps(app.openapi(), indent=1)


sys.stdout.write(asyncio.run(document()))
