"""Answers HEAD wherever GET is answered, as HTTP asks: the same head, no body. Plain ASGI."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Artifacts answer HEAD themselves, without fetching the bytes.
_OWN_HEAD: Final = "/v1/artifacts/"


class HeadRequests:
    """Passes a HEAD request on as a GET and drops the body of its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].startswith(_OWN_HEAD):
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # A copy, because the HTTP server and the access log look at the method, too.
        asked = {**scope, "method": "GET"}
        try:
            await self._app(asked, receive, send_head)
        finally:
            if "route" in asked:
                scope["route"] = asked["route"]
