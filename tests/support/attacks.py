"""What a hostile client does to an HTTP service, each bounded in count and time.

`python -m support.attacks NAME URL MODEL` makes one attack and prints what it met, as JSON: how often each
HTTP status (or `closed`, `timeout`) was the answer. It runs at the lowest priority: a real attacker
brings a machine of their own, and only what the attack makes the service do is to be measured.
"""

import asyncio
import collections
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

CHAT = "/v1/chat/completions"
_MEBIBYTE = 1024 * 1024
Seen = collections.Counter[str]


def attack(name: str, url: str, model: str = "hostile", *, seconds: float = 90.0) -> dict[str, int]:
    """Runs an attack in a process of its own and returns what it met."""
    command = [sys.executable, "-m", "support.attacks", name, url, model]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, cwd=Path(__file__).parents[1]
    )
    assert done.returncode == 0, done.stderr[-2000:]
    met: dict[str, int] = json.loads(done.stdout)
    return met


class Target:
    """Where the attack goes, and how a connection is opened and read."""

    def __init__(self, url: str, model: str) -> None:
        address = urlsplit(url)
        self.host, self.port = str(address.hostname), address.port or 80
        self.netloc = address.netloc
        self.model = model
        self.seen: Seen = collections.Counter()

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port)

    def head(self, method: str = "POST", path: str = CHAT, *lines: str) -> bytes:
        more = "".join(f"{line}\r\n" for line in lines)
        return f"{method} {path} HTTP/1.1\r\nHost: {self.netloc}\r\n{more}".encode()

    def chat(self, content: object, **fields: object) -> bytes:
        body = {"model": self.model, "messages": [{"role": "user", "content": content}], **fields}
        return json.dumps(body).encode()

    def posting(self, body: bytes) -> bytes:
        lines = ("content-type: application/json", f"content-length: {len(body)}")
        return self.head("POST", CHAT, *lines) + b"\r\n" + body

    async def note(self, reader: asyncio.StreamReader, seconds: float = 30.0) -> str:
        """Reads the answer's status and counts it."""
        try:
            async with asyncio.timeout(seconds):
                line = await reader.readline()
        except TimeoutError:
            met = "timeout"
        except OSError:
            met = "closed"
        else:
            status = re.match(rb"HTTP/1\.\d (\d{3})", line)
            met = status[1].decode() if status else "closed"
        self.seen[met] += 1
        return met


async def _pour(writer: asyncio.StreamWriter, piece: bytes, times: int) -> None:
    """Writes until all is written or the peer has had enough."""
    with suppress(OSError):
        for _ in range(times):
            writer.write(piece)
            await writer.drain()


async def _answered(target: Target, *parts: tuple[bytes, int]) -> None:
    """Sends each part so often on one connection, and notes what comes back."""
    reader, writer = await target.open()
    try:
        for piece, times in parts:
            await _pour(writer, piece, times)
        await target.note(reader)
    finally:
        writer.close()


async def huge_head(target: Target) -> None:
    """One head of 100 MB of fields."""
    field = b"x-filler: " + b"a" * 1000 + b"\r\n"
    await _answered(target, (target.head(), 1), (field * 64, 1600))


async def huge_url(target: Target) -> None:
    """A path of 50 MB."""
    await _answered(target, (b"GET /", 1), (b"a" * 65536, 800), (b" HTTP/1.1\r\n\r\n", 1))


async def huge_trailers(target: Target) -> None:
    """A chunked body with 50 MB of trailers."""
    head = target.head("POST", CHAT, "content-type: application/json", "transfer-encoding: chunked")
    body = target.chat("tokens:1")
    framed = b"%x\r\n%b\r\n0\r\n" % (len(body), body)
    trailer = b"x-filler: " + b"a" * 1000 + b"\r\n"
    await _answered(target, (head + b"\r\n" + framed, 1), (trailer * 64, 800), (b"\r\n", 1))


async def slow_heads(target: Target) -> None:
    """200 heads that drip a byte a second for 15 seconds."""

    async def drip() -> None:
        reader, writer = await target.open()
        try:
            with suppress(OSError):
                for position in range(15):
                    writer.write(target.head()[position : position + 1])
                    await writer.drain()
                    await asyncio.sleep(1)
            await target.note(reader, 2)
        finally:
            writer.close()

    await asyncio.gather(*(drip() for _ in range(200)))


async def slow_bodies(target: Target) -> None:
    """300 bodies that drip a byte a second for 12 seconds."""

    async def drip() -> None:
        reader, writer = await target.open()
        try:
            writer.write(target.posting(target.chat("tokens:1"))[:-100])
            with suppress(OSError):
                for _ in range(12):
                    await asyncio.sleep(1)
                    writer.write(b" ")
                    await writer.drain()
            await target.note(reader, 1)
        finally:
            writer.close()

    await asyncio.gather(*(drip() for _ in range(300)))


async def _post_all(target: Target, body: bytes, clients: int) -> None:
    await asyncio.gather(*(_answered(target, (target.posting(body), 1)) for _ in range(clients)))


async def many_biases(target: Target) -> None:
    """`logit_bias` with 1,500,000 entries."""
    await _post_all(target, target.chat("tokens:1", logit_bias={str(n): 1 for n in range(1_500_000)}), 1)


async def many_keys(target: Target) -> None:
    """Eight clients that send two million unknown keys each."""
    await _post_all(target, target.chat("tokens:1", filler={str(n): 0 for n in range(2_000_000)}), 8)


async def deep_nesting(target: Target) -> None:
    """A field nested a million deep."""
    depth = 1_000_000
    body = target.chat("tokens:1")[:-1] + b', "x": ' + b"[" * depth + b"]" * depth + b"}"
    await _post_all(target, body, 4)


async def big_pictures(target: Target) -> None:
    """24 clients with a good request of 30 MB, one picture, at once."""
    picture = "data:image/png;base64," + "A" * (30 * _MEBIBYTE)
    parts = [
        {"type": "text", "text": "tokens:1"},
        {"type": "image_url", "image_url": {"url": picture}},
    ]
    await _post_all(target, target.chat(parts), 24)


async def many_values(target: Target) -> None:
    """Eight clients with as many small values as one request may have."""
    messages = [{"role": "user", "content": "x"}] * 4_000 + [{"role": "user", "content": "tokens:1"}]
    body = json.dumps({"model": target.model, "messages": messages}).encode()
    await _post_all(target, body, 8)


async def pipelined_gets(target: Target) -> None:
    """2,000 requests on 20 connections, sent without waiting for an answer."""

    async def pipeline() -> None:
        reader, writer = await target.open()
        try:
            writer.write((target.head("GET", "/v1/models") + b"\r\n") * 100)
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(30):
                    for _ in range(100):
                        head = await reader.readuntil(b"\r\n\r\n")
                        length = re.search(rb"content-length: (\d+)", head.lower())
                        await reader.readexactly(int(length[1]) if length else 0)
                        target.seen[head[9:12].decode()] += 1
        finally:
            writer.close()

    await asyncio.gather(*(pipeline() for _ in range(20)))


async def abort_storm(target: Target) -> None:
    """1,100 chats a second for five seconds, each left as soon as it is asked."""
    until = time.monotonic() + 5
    request = target.posting(target.chat("tokens:100:0.05", stream=True))

    async def ask_and_leave() -> None:
        with suppress(OSError):
            _, writer = await target.open()
            writer.write(request)
            await writer.drain()
            writer.transport.abort()
            target.seen["left"] += 1

    while time.monotonic() < until:
        started = time.monotonic()
        await asyncio.gather(*(ask_and_leave() for _ in range(55)))
        await asyncio.sleep(max(0.0, 0.05 - (time.monotonic() - started)))


async def unread_answers(target: Target) -> None:
    """100 clients that ask for a flood and never read it, for eight seconds."""
    request = target.posting(target.chat("tokens:200000", stream=True))

    async def stare() -> None:
        reader, writer = await target.open()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(request)
        await asyncio.sleep(8)
        target.seen["unread"] += 1
        writer.transport.abort()
        del reader

    await asyncio.gather(*(stare() for _ in range(100)))


async def _ask_for(target: Target, what: str, clients: int) -> None:
    body = target.chat(what, stream=True)

    async def ask() -> None:
        reader, writer = await target.open()
        try:
            writer.write(target.posting(body))
            await target.note(reader)
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(20):
                    while await reader.read(65536):
                        pass
        finally:
            writer.transport.abort()

    await asyncio.gather(*(ask() for _ in range(clients)))


def _peer(fault: str, clients: int) -> Callable[[Target], Awaitable[None]]:
    async def run(target: Target) -> None:
        await _ask_for(target, f"fault:{fault}", clients)

    return run


ATTACKS: dict[str, Callable[[Target], Awaitable[None]]] = {
    "huge-head": huge_head,
    "huge-url": huge_url,
    "huge-trailers": huge_trailers,
    "slow-heads": slow_heads,
    "slow-bodies": slow_bodies,
    "many-biases": many_biases,
    "many-keys": many_keys,
    "deep-nesting": deep_nesting,
    "big-pictures": big_pictures,
    "many-values": many_values,
    "pipelined-gets": pipelined_gets,
    "abort-storm": abort_storm,
    "unread-answers": unread_answers,
    **{
        f"peer-{fault}": _peer(fault, 4)
        for fault in (
            "endless-headers",
            "endless-header",
            "huge-line",
            "comment-flood",
            "endless-comment",
            "gzip-bomb",
            "gzip-bomb-line",
            "gzip-bomb-comments",
        )
    },
}


if __name__ == "__main__":
    os.nice(19)
    chosen = Target(sys.argv[2], sys.argv[3])
    asyncio.run(ATTACKS[sys.argv[1]](chosen))
    print(json.dumps(chosen.seen))
