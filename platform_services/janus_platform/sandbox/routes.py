"""The calls of the Sandy API that competitors may make, under the same paths."""

import re

from fastapi import APIRouter, Request, Response

from janus_mesh.errors import NotFound
from janus_platform.gate.caller import shown_token
from janus_platform.gate.gate import Gate
from janus_platform.gate.passage import Passage
from janus_platform.reply import Reply

from .proxy import SandboxProxy

_ID = re.compile(r"[\w-]{1,128}", re.ASCII)
_POSTED = frozenset(("exec", "files/write", "agent/run", "agent/cancel", "refresh", "terminate", "preview"))
_GOT = frozenset(("", "files/read", "files/list"))
_DELETED = frozenset(("",))
_ONE = "/api/sandboxes/{sandbox_id}"


def sandbox_routes(proxy: SandboxProxy, gate: Gate, max_body: int) -> APIRouter:
    """What is not listed here does not go through."""
    router = APIRouter()

    @router.post("/api/sandboxes")
    async def create(request: Request) -> Response:
        async def work(reply: Reply, passage: Passage) -> None:
            # Without a key of its own the platform cannot tell a token from anything else.
            await proxy.create(reply, passage, shown_token(request.headers) if passage.caller.token else "")

        return gate.answer(request, "sandbox", work, max_body=max_body)

    @router.get("/api/sandboxes")
    async def listed(request: Request) -> Response:
        return gate.answer_json(request, "sandbox", proxy.listed, max_body=max_body)

    @router.get(_ONE + "/artifacts/{path:path}")
    @router.head(_ONE + "/artifacts/{path:path}")
    async def artifact(request: Request, sandbox_id: str, path: str) -> Response:
        async def work(reply: Reply, passage: Passage) -> None:
            passage.bodiless = request.method == "HEAD"
            await proxy.artifact(reply, passage, sandbox_id, path, request.headers)

        return gate.answer(request, "sandbox", work)

    @router.get(_ONE)
    @router.delete(_ONE)
    @router.get(_ONE + "/{action:path}")
    @router.post(_ONE + "/{action:path}")
    async def forward(request: Request, sandbox_id: str, action: str = "") -> Response:
        async def work(reply: Reply, passage: Passage) -> None:
            allowed = {"GET": _GOT, "POST": _POSTED}.get(request.method, _DELETED)
            if not _ID.fullmatch(sandbox_id) or action not in allowed:
                raise NotFound(f"{request.method} {action[:80]!r}: there is no such call of a sandbox")
            await proxy.forward(
                reply,
                passage,
                sandbox_id,
                action,
                request.headers,
                method=request.method,
                query=request.url.query,
            )

        return gate.answer(request, "sandbox", work, max_body=max_body)

    return router
