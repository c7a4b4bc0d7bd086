"""Answers that show what the pages can do, for the scripted HTTP competitor."""

import asyncio
import base64
import hashlib
import struct
import zlib
from datetime import UTC, datetime

from .competitor_scripts import Json, chunk, chunks, usage_chunk
from .http_competitor import EVENT_STREAM, Reply, Script

CSV = b"city,people\nOslo,709037\nBergen,291940\n"


def png(width: int = 240, height: int = 120) -> bytes:
    """A small picture: green, darker towards the bottom."""
    rows = b"".join(b"\0" + bytes((20, 210 - 150 * y // height, 120)) * width for y in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def janus(event: str, **payload: object) -> Json:
    """A chunk with one of Janus's own events."""
    return chunk({"janus": {"event": event, "payload": payload}})


def artifact(
    name: str, data: bytes, mime_type: str, *, url: str = "", sha256: str | None = None, kind: str = "file"
) -> Json:
    """A chunk that brings an artifact: inline unless it has an address."""
    inline = f"data:{mime_type};base64,{base64.b64encode(data).decode()}"
    return janus(
        "artifact",
        id=f"artf_{hashlib.sha256(name.encode()).hexdigest()[:8]}",
        type=kind,
        mime_type=mime_type,
        display_name=name,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest() if sha256 is None else sha256,
        created_at=datetime.now(UTC).isoformat(),
        ttl_seconds=3600,
        url=url or inline,
    )


def said(text: str, *before: Json, gap: float = 0.0, piece: int = 40, **usage: object) -> Script:
    """A whole answer: these chunks first, then the text in pieces."""
    pieces = [text[start : start + piece] for start in range(0, len(text), piece)]
    return chunks(
        [
            chunk({"role": "assistant", "content": ""}),
            *before,
            *(chunk({"content": part}) for part in pieces),
            chunk(finish="stop"),
            usage_chunk(completion=max(2, len(pieces)), **usage),
        ],
        gap=gap,
    )


def gated(*parts: str) -> tuple[Script, list[asyncio.Event]]:
    """An answer whose parts each wait for their event, which the test sets; the last ends it."""
    gates = [asyncio.Event() for _ in parts]

    async def script(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        await reply.event(chunk({"role": "assistant", "content": ""}))
        for part, gate in zip(parts, gates, strict=True):
            await gate.wait()
            await reply.event(chunk({"content": part}))
        await reply.event(chunk(finish="stop"))
        await reply.event(usage_chunk(completion=len(parts)))
        await reply.event("[DONE]")

    return script, gates


STEPS: list[Json] = [
    chunk({"reasoning_content": "The question names a city. "}),
    janus("sandbox_start", sandbox_id="sb_7f3a"),
    chunk({"reasoning_content": "I look its people up in the sandbox. "}),
    janus("tool_start", tool="python", input="people('Oslo')"),
    janus("tool_end", tool="python", output="709037"),
    janus("sandbox_end", sandbox_id="sb_7f3a"),
    chunk({"reasoning_content": "That settles it."}),
]

SHOWCASE = """## Two-stroke engines

A two-stroke engine finishes a power cycle in **two** strokes of the piston, *one* turn of the crankshaft.
It is [lighter](https://en.wikipedia.org/wiki/Two-stroke_engine) than its rival:

| | Two-stroke | Four-stroke |
|---|---:|---:|
| Strokes per cycle | 2 | 4 |
| Power strokes per turn | 1 | 0.5 |
| Valves | ports | poppets |

1. **Compression** draws the mixture in below the piston
2. **Combustion** drives it down and uncovers the ports

- [x] fewer parts
- [ ] cleaner exhaust

> It burns oil by design, which is why it went out of fashion.

```python
def power(bore: float, stroke: float, turns: float) -> float:
    \"\"\"Displacement per second, in litres.\"\"\"
    return 3.1416 / 4 * bore**2 * stroke * turns / 1e6
```

The efficiency of the ideal Otto cycle depends on the compression ratio $r$ alone:

$$
\\eta = 1 - \\frac{1}{r^{\\gamma - 1}}
$$

```mermaid
flowchart LR
  A[Intake] --> B[Compression] --> C[Combustion] --> D[Exhaust] --> A
```
"""


def showcase() -> Script:
    """Reasoning, steps, a picture, a table of data, and Markdown of every kind."""
    return said(
        SHOWCASE,
        *STEPS,
        artifact("piston.png", png(), "image/png", kind="image"),
        artifact("cities.csv", CSV, "text/csv", kind="dataset"),
        cost_usd=0.0042,
        sandbox_seconds=1.8,
    )
