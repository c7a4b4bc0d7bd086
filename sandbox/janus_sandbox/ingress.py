"""What a sandbox shows the outside: its artifacts, and the ports that were asked for.

    GET {url}/artifacts/PATH       a file of /workspace/artifacts, or a folder's list
    ANY {url}/ports/PORT/PATH      handed to that port inside

`{url}` holds the sandbox's id, which cannot be guessed: to know it is to be allowed. What is served was made
by strangers, so browsers are told to run none of it as ours.
"""

import asyncio
import mimetypes
import os
from pathlib import PurePosixPath

import h11
from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.types import Receive, Scope, Send

from janus_mesh import logs
from janus_mesh.errors import JanusError, NotFound, Unavailable
from janus_mesh.http import AllowedHosts, BrowserGuard, answer_errors, error_response

from .backend import Box
from .relay import Passed, end_to_end, relay
from .sandbox import Sandbox
from .sandboxes import Sandboxes

log = logs.get("sandbox.ingress")

ARTIFACTS = "/workspace/artifacts"
_GUARDED = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cache-control": "private, no-store",
}
_PORT_POLICY = [(b"content-security-policy", b"sandbox allow-scripts allow-forms")]
_LOCAL = AllowedHosts()
# A page served from there is of no origin, since its policy is `sandbox`, and yet must reach its own server.
_PORTS = r"/[^/]+/ports/.*"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_ingress(sandboxes: Sandboxes, hosts: AllowedHosts = _LOCAL) -> FastAPI:
    """The application of the artifact port."""
    app = FastAPI(title="Janus sandboxes' own pages", docs_url=None, redoc_url=None, openapi_url=None)

    @app.api_route("/{sandbox_id}/artifacts/{path:path}", methods=["GET", "HEAD"])
    async def artifact(sandbox_id: str, path: str) -> Response:
        _, box = sandboxes.running(sandbox_id)
        inside = f"{ARTIFACTS}/{path}".rstrip("/")
        if not path or path.endswith("/"):
            return await _listing(box, inside)
        return _FromDescriptor(await box.open(inside, within=ARTIFACTS), PurePosixPath(path).name)

    @app.api_route("/{sandbox_id}/ports/{port}/{path:path}", methods=_METHODS)
    async def port(sandbox_id: str, port: int) -> Response:
        sandbox, box = sandboxes.running(sandbox_id)
        if port not in sandbox.order.ports:
            raise NotFound(f"port {port} is not exposed: name it in `exposePorts`", code="port_not_exposed")
        return _FromPort(sandbox, box, port)

    answer_errors(app, "the sandbox service")
    app.add_middleware(BrowserGuard, hosts=hosts, other_types=_PORTS, any_origin=_PORTS)
    return app


async def _listing(box: Box, path: str) -> Response:
    entries = await box.list(path, within=ARTIFACTS)
    found = [{"name": one.name, "type": one.type, "size": one.size} for one in entries]
    return JSONResponse({"entries": found}, headers=_GUARDED)


class _FromDescriptor(FileResponse):
    """An open file, whole or in ranges, closed when it was sent."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        super().__init__(
            f"/proc/self/fd/{descriptor}",
            filename=name,
            media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            stat_result=os.fstat(descriptor),
            headers=_GUARDED,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._descriptor)


class _FromPort(Response):
    """What a server inside answers."""

    def __init__(self, sandbox: Sandbox, box: Box, port: int) -> None:
        super().__init__()
        self._sandbox, self._box, self._port = sandbox, box, port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        base = f"/{self._sandbox.id}/ports/{self._port}".encode()
        path = scope["raw_path"].removeprefix(base) or b"/"
        query = scope["query_string"]
        headers = end_to_end(scope["headers"], b"host", b"authorization", b"cookie")
        request = h11.Request(
            method=scope["method"],
            target=path + (b"?" + query if query else b""),
            headers=[
                *headers,
                (b"host", f"127.0.0.1:{self._port}".encode()),
                (b"connection", b"close"),
                (b"x-forwarded-prefix", base),
            ],
        )
        passed = Passed(headers=_PORT_POLICY)
        try:
            await relay(receive, send, self._dial, request, passed)
        except JanusError as error:
            if passed.status:
                raise
            await error_response(error)(scope, receive, send)
        finally:
            log.info("ingress", sandbox=self._sandbox.id, port=self._port, status=passed.status or None)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            connection = await self._box.connect(self._port)
        except Unavailable as error:
            raise ConnectionRefusedError(0, error.message) from None
        return await asyncio.open_connection(sock=connection)
