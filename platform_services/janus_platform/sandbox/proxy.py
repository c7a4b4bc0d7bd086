"""Forwarding calls of the Sandy API: whose sandbox, which token, what it took."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from janus_mesh.errors import InvalidRequest
from janus_platform.gate.errors import UpstreamFailed
from janus_platform.gate.passage import Passage
from janus_platform.reply import Reply

from .holdings import Holding, Holdings
from .upstream import Upstream, read_object

_API = "/api/sandboxes"
_PASSED_BACK = ("content-type", "content-length", "content-range", "content-encoding", "retry-after", "etag")
_ENDED = ("terminated", "stopped", "expired", "failed")


class SandboxProxy:
    """Sandboxes for callers, out of one service."""

    def __init__(self, upstream: Upstream, holdings: Holdings) -> None:
        self._upstream = upstream
        self._holdings = holdings

    async def create(self, reply: Reply, passage: Passage, token: str) -> None:
        """Makes a sandbox whose own calls of the platform are on its caller's account."""
        self._begin(passage)
        order = read_object(passage.body or b"{}")
        if passage.body and not order and passage.body.strip() != b"{}":
            raise InvalidRequest("the body must be a JSON object")
        for spelling in (
            "egressToken",
            "egress_token",
        ):  # in whose name it calls is not for the caller to say
            order.pop(spelling, None)
        if token:
            order["egressToken"] = token
        making = asyncio.ensure_future(self._made(orjson.dumps(order), passage))
        try:
            status, body = await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._discard)  # nobody would ever end it
            raise
        passage.bytes_received += len(orjson.dumps(body))
        await reply.json(status, body)

    async def listed(self, passage: Passage) -> dict[str, object]:
        """The caller's own sandboxes."""
        self._begin(passage)
        mine = self._holdings.of(passage.caller.identity)
        return {"sandboxes": [{"sandboxId": holding.id, "url": holding.url} for holding in mine]}

    async def forward(
        self,
        reply: Reply,
        passage: Passage,
        sandbox_id: str,
        action: str,
        headers: Mapping[str, str],
        *,
        method: str,
        query: str = "",
    ) -> None:
        """Passes a call on and its answer back as it comes, event streams included."""
        self._begin(passage)
        self._holdings.find(sandbox_id, passage.caller.identity)
        path = f"{_API}/{sandbox_id}" + (f"/{action}" if action else "")
        await self._pass(reply, passage, method, path, headers, query)
        if reply.status == 404 or (action == "terminate" and reply.status < 300):
            self._holdings.release(sandbox_id, "terminated" if action == "terminate" else "gone")

    async def artifact(
        self, reply: Reply, passage: Passage, sandbox_id: str, path: str, headers: Mapping[str, str]
    ) -> None:
        """A file of the sandbox's `/workspace/artifacts`."""
        self._begin(passage)
        holding = self._holdings.find(sandbox_id, passage.caller.identity)
        if not holding.url or ".." in path.split("/"):
            raise InvalidRequest("path: is no path below the artifacts", param="path")
        method = "HEAD" if passage.bodiless else "GET"
        await self._pass(reply, passage, method, f"{holding.url}/artifacts/{quote(path)}", headers, "")

    async def lives(self, sandbox_id: str) -> bool:
        status, body = await self._upstream.object("GET", f"{_API}/{sandbox_id}")
        return status != 404 and body.get("state") not in _ENDED

    async def end(self, sandbox_id: str) -> None:
        await self._upstream.object("POST", f"{_API}/{sandbox_id}/terminate")

    def _begin(self, passage: Passage) -> None:
        passage.destination = self._upstream.place
        passage.bytes_sent += len(passage.body)

    async def _pass(
        self, reply: Reply, passage: Passage, method: str, path: str, headers: Mapping[str, str], query: str
    ) -> None:
        async with self._upstream.call(method, path, headers, body=passage.body, query=query) as answer:
            back = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
            await reply.start(answer.status_code, back)
            async for part in answer.aiter_raw():
                passage.bytes_received += len(part)
                await reply.write(part)
            await reply.end()

    async def _made(self, order: bytes, passage: Passage) -> tuple[int, dict[str, Any]]:
        status, body = await self._upstream.object("POST", _API, order)
        if status < 300:
            sandbox_id = body.get("sandboxId") or body.get("sandbox_id")
            if not isinstance(sandbox_id, str) or not sandbox_id:
                raise UpstreamFailed("the sandbox service did not name the sandbox", code="sandbox_failed")
            url = str(body.get("url") or "").rstrip("/")
            self._holdings.add(Holding(sandbox_id, passage.caller, passage.account, url))
        return status, body

    def _discard(self, making: "asyncio.Future[tuple[int, dict[str, Any]]]") -> None:
        if making.cancelled() or making.exception() is not None:
            return
        _, body = making.result()
        sandbox_id = str(body.get("sandboxId") or body.get("sandbox_id") or "")
        if sandbox_id:
            self._holdings.release(sandbox_id, "aborted")
            asyncio.ensure_future(self.end(sandbox_id))  # noqa: RUF006  # ends by itself; TTL is behind it
