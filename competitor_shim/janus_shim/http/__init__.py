"""HTTP/1.1 towards the containers: one pool of connections, typed errors, calls that end at once when left.

    async with HttpClient(connect_timeout=5.0) as client:
        async with client.request("POST", url, headers, body) as call:   # the head is there
            while read := await call.read():                    # b"" at the end
                ...
        # left before the end: the connection is closed, not pooled

It stands on the streaming path, which is why it is our own: `connection` is an `asyncio.Protocol` around
httptools' parser, and `Call.push` hands bytes on in the very callback that brought them. Redirects and
cookies are not followed, and nothing is taken from the environment.
"""

from .call import Call
from .client import HttpClient

__all__ = ["Call", "HttpClient"]
