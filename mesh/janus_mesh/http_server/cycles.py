"""uvicorn's request-response cycle: made for a head, and for HTTP/1.0, whose clients do not know chunks."""

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from .intake import Head
from .outlet import Flow, Outlet

_log = logging.getLogger("uvicorn.error")  # where the cycle reports an application's exceptions


def cycle_for(
    head: Head,
    *,
    connection: Mapping[str, Any],
    transport: Outlet,
    flow: Flow,
    default_headers: list[tuple[bytes, bytes]],
    on_response: Callable[[], None],
) -> RequestResponseCycle:
    """The cycle of one request; `connection` is what the ASGI scope says of where it came from."""
    kind = RequestResponseCycle if head.version == "1.1" else CloseDelimitedCycle
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "scheme": "http",
        "method": head.method,
        "root_path": "",
        "path": head.path,
        "raw_path": head.raw_path,
        "query_string": head.query,
        "headers": head.fields,
        **connection,
    }
    return kind(
        scope=scope,
        transport=transport,  # type: ignore[arg-type]
        flow=flow,
        logger=_log,
        access_logger=_log,
        access_log=False,
        default_headers=default_headers,
        message_event=asyncio.Event(),
        expect_100_continue=head.expects_continue and head.version == "1.1",
        keep_alive=head.keep_alive,
        on_response=on_response,
    )


class CloseDelimitedCycle(RequestResponseCycle):
    """A response whose length is not announced ends when the connection closes (RFC 9112, section 6.3)."""

    _ends_by_closing = False

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, value)
                for name, value in message.get("headers", [])
                if name.lower() != b"transfer-encoding"
            ]
            message = {**message, "headers": headers}
            if all(name.lower() != b"content-length" for name, _ in headers):
                self._ends_by_closing = True
                # uvicorn would choose chunks for a length it does not know.
                self.chunked_encoding = False
                self.expected_content_length = sys.maxsize
        elif self._ends_by_closing and message["type"] == "http.response.body":
            last = not message.get("more_body", False)
            self.expected_content_length = len(message.get("body", b"")) if last else sys.maxsize
        await super().send(message)
