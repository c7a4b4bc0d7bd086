"""Prints how long the event loop stalls while the edge parses the worst bodies that are allowed.

    .venv/bin/python tests/support/parse_stalls.py [THREAD]

With any argument it parses in a thread of the same process instead, for comparison. The figures depend on the
machine and its load, so no test asserts them.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from janus_edge.intake.parser import Parser
from janus_mesh.errors import JanusError
from janus_mesh.openai import ParsedRequest, parse_chat_request

_MEGABYTE = 1_000_000
_LARGEST = 31 * _MEGABYTE
_VALUES = 99_000
_TICK_SECONDS = 0.001

Parse = Callable[[bytes], Awaitable[ParsedRequest]]


def worst_bodies() -> Iterator[tuple[str, bytes]]:
    """Bodies at the bounds of size, values or both, by what they consist of."""
    yield "one picture", _body(messages=[_user([_picture(_LARGEST)])])
    yield "one text", _body(messages=[_user("word " * (_LARGEST // 5))])
    yield "one text of escapes", _body(messages=[_user("\n" * (_LARGEST // 2))])
    yield "numbers", _body(x=[1.2345678901234567] * _VALUES)
    yield "integers of 1000 digits", _body(x=[10**999] * 30_000)
    yield "texts that are not ASCII", _body(x=[f"é{number}" * 20 for number in range(_VALUES)])
    yield "empty arrays", _body(x=[[]] * (_VALUES // 2))
    yield "messages", _body(messages=[_user("hello " * 1000)] * 4096)
    parts = [{"type": "text", "text": "a"}] * 2000
    yield "parts", _body(messages=[_user(parts)] * 16)
    schema = {f"p{number}": {"type": "string"} for number in range(9_000)}
    yield "schemas", _body(tools=[_tool(schema)] * 5)
    yield "whitespace", b" " * _LARGEST + _body()
    yield "too many values", b'{"x":[' + b"1," * (_LARGEST // 2) + b"1]}"


def _body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "messages": [_user("hi")], **fields}, ensure_ascii=False).encode()


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _picture(size: int) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * (size // 4 * 4)}"}}


def _tool(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": schema}}


async def stalls(parse: Parse, body: bytes, times: int) -> tuple[float, float, str]:
    """Seconds for one body alone, the longest stall while `times` are parsed at once, and the error."""
    outcome = ""
    began = time.perf_counter()
    try:
        await parse(body)
    except JanusError as error:
        outcome = error.code
    alone = time.perf_counter() - began
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*(parse(body) for _ in range(times)), return_exceptions=True)
    await asyncio.sleep(2 * _TICK_SECONDS)
    ticking.cancel()
    return alone, max(gaps), outcome


async def main() -> None:
    parser = Parser()
    await parser.parse(_body(messages=[_user("warm up " * 20_000)]))

    async def in_thread(body: bytes) -> ParsedRequest:
        return await asyncio.to_thread(parse_chat_request, body)

    parse: Parse = in_thread if sys.argv[1:] else parser.parse
    print(f"{'body':26} {'MB':>6} {'alone ms':>9} {'stall ms':>9}  (stall: of 4 at once)")
    for name, body in worst_bodies():
        alone, stall, outcome = await stalls(parse, body, 4)
        print(f"{name:26} {len(body) / _MEGABYTE:6.1f} {alone * 1e3:9.1f} {stall * 1e3:9.1f}  {outcome}")
    await parser.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory of the parser's process: {peak / 1024:.0f} MB")


if __name__ == "__main__":
    asyncio.run(main())
