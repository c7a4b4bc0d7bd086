"""A well-behaved client in a process of its own: reads one long stream and notes the gaps between its tokens.

    with good_stream(stack.url, "steady") as stream:    # its first token has arrived
        ...                                             # what must not disturb it
    stream.result().longest_gap                         # seconds

A process of its own, so that the load that a test makes does not delay the measurement.
"""

import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

# Tokens of the stream come so often; a stream of this many lasts longer than any test.
PACE_SECONDS = 0.02
_TOKENS = 30_000
# The first chunk has a role and an empty content, and comes before the competitor's first token.
_TOKEN = re.compile(rb'"content":\s*"[^"]')
_FIRST_TOKEN_SECONDS = 20.0


@dataclass(frozen=True)
class Result:
    """What the stream's reader saw."""

    tokens: int
    longest_gap: float  # seconds between two tokens, the time until the reader stopped included
    ending: str  # empty while the stream goes on, as it should


class GoodStream:
    """The running reader."""

    def __init__(self, url: str, model: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.good_stream", url, model],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=os.fspath(_TESTS),
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line == "first token\n", line

    def stop(self) -> Result:
        """Ends the stream and returns what was seen of it."""
        said, _ = self._process.communicate("stop\n", timeout=20)
        return Result(**json.loads(said))

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH120, PTH100  # for `cwd`


@contextmanager
def good_stream(url: str, model: str) -> Iterator[GoodStream]:
    stream = GoodStream(url, model)
    try:
        yield stream
    finally:
        stream.close()


def _read(url: str, model: str) -> Result:
    address = urlsplit(url)
    body = json.dumps(
        {
            "model": model,
            "stream": True,
            "messages": [{"role": "user", "content": f"tokens:{_TOKENS}:{PACE_SECONDS}"}],
        }
    ).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), address.port or 80)) as connection:
        connection.sendall(head.encode() + body)
        connection.settimeout(_FIRST_TOKEN_SECONDS)
        return _watch(connection)


def _watch(connection: socket.socket) -> Result:
    tokens, longest, last = 0, 0.0, 0.0
    unread, ending = b"", ""
    while not ending:
        readable, _, _ = select.select([connection, sys.stdin], [], [], _FIRST_TOKEN_SECONDS)
        now = time.monotonic()
        if last:
            longest = max(longest, now - last) if connection not in readable else longest
        if sys.stdin in readable:
            break
        if connection not in readable:
            ending = f"nothing within {_FIRST_TOKEN_SECONDS:g} s"
            break
        read = connection.recv(1 << 16)
        if not read:
            ending = "the connection was closed"
            break
        unread += read
        found = len(_TOKEN.findall(unread))
        if b'"error"' in unread or b"[DONE]" in unread or b"HTTP/1.1 4" in unread or b"HTTP/1.1 5" in unread:
            ending = unread[-500:].decode(errors="replace")
        unread = unread[-400:] if not found else unread[unread.rfind(b"\n\n") + 2 :]
        if found:
            if last:
                longest = max(longest, now - last)
            else:
                print("first token", flush=True)
            tokens, last = tokens + found, now
    return Result(tokens, longest, ending)


if __name__ == "__main__":
    os.nice(-5) if os.geteuid() == 0 else None
    result = _read(sys.argv[1], sys.argv[2])
    print(json.dumps(result.__dict__))
