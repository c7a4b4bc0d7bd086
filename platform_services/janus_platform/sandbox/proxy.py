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
from .order import OUR_FLAVORS, order_for, sandbox_id_of, sandbox_url_of
from .upstream import SANDBOXES, Upstream, read_object

_PASSED_BACK = ("content-type", "content-length", "content-range", "content-encoding", "retry-after", "etag")


class SandboxProxy:
    """Sandboxes for callers, out of one service."""

    def __init__(self, upstream: Upstream, holdings: Holdings) -> None:
        self._upstream = upstream
        self._holdings = holdings

    async def create(self, reply: Reply, passage: Passage, token: str) -> None:
        """Makes a sandbox whose own calls of the platform are on its caller's account."""
        self._begin(passage)
        asked = read_object(passage.body or b"{}")
        if passage.body and not asked and passage.body.strip() != b"{}":
            raise InvalidRequest("the body must be a JSON object")
        order = order_for(asked, identity=passage.caller.identity, token=token)
        making = asyncio.ensure_future(self._made(order, passage))
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
        if method == "DELETE":  # every sandbox service knows the other spelling
            method, action = "POST", "terminate"
        path = f"{SANDBOXES}/{sandbox_id}" + (f"/{action}" if action else "")
        await self._pass(reply, passage, method, path, headers, query)
        ends = action == "terminate"
        if reply.status in (404, 410) or (ends and reply.status < 300):
            self._holdings.release(sandbox_id, "terminated" if ends else "gone")

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

    async def _made(self, order: dict[str, Any], passage: Passage) -> tuple[int, dict[str, Any]]:
        with self._holdings.place_for_one_more(passage.caller.identity):
            status, body = await self._upstream.object("POST", SANDBOXES, orjson.dumps(order))
            if status in (400, 422) and order.get("flavor") in OUR_FLAVORS:  # a Sandy that has no such size
                order.pop("flavor")
                status, body = await self._upstream.object("POST", SANDBOXES, orjson.dumps(order))
            if status < 300:
                sandbox_id = sandbox_id_of(body)
                if not sandbox_id:
                    raise UpstreamFailed(
                        "the sandbox service did not name the sandbox", code="sandbox_failed"
                    )
                url = sandbox_url_of(body)
                self._holdings.add(Holding(sandbox_id, passage.caller, passage.account, url))
                body |= {"sandboxId": sandbox_id, "url": url}
        return status, body

    def _discard(self, making: "asyncio.Future[tuple[int, dict[str, Any]]]") -> None:
        if not making.cancelled() and making.exception() is None:
            self._holdings.end(sandbox_id_of(making.result()[1]), "aborted")
