"""uvicorn's request-response cycle for HTTP/1.0, whose clients do not know chunks."""

import sys

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


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
