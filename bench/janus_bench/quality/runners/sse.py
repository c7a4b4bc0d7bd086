"""Reads an OpenAI answer in two steps: stamp now, understand later.

While bytes arrive, each piece is only stamped and kept. What they say is parsed when the answer is
over, a few events at a time, so that parsing one stream delays the stamps of no other for long.
"""

import asyncio
from collections.abc import Iterator

import orjson

from janus_bench.quality.json_shapes import amount, count, items, member, text
from janus_bench.quality.observation import Answering, ArtifactLink, Usage, source_in
from janus_bench.quality.task import Failure

from . import failures
from .bounds import Bounds, TooMuch

_DONE = b"[DONE]"
_AT_A_TIME = 32


class SseReader:
    """A `BodyReader` that keeps one streamed answer, within bounds."""

    def __init__(self, bounds: Bounds) -> None:
        self.sent_at = 0.0
        self.last_at = 0.0
        self.done = asyncio.Event()  # the body is over, or `[DONE]` came
        self.complete = False
        self.refusal: tuple[int, bytes] | None = None
        self._bounds = bounds
        self._pieces: list[tuple[float, bytes]] = []
        self._bytes = 0
        self._end = b""
        self._too_much = False

    def feed(self, data: bytes, now: float) -> None:
        self.last_at = now
        self._bytes += len(data)
        if self._bytes > self._bounds.answer_bytes:
            self._too_much = True
            raise TooMuch
        self._pieces.append((now, data))
        self._end = (self._end + data)[-16:]
        if _DONE in self._end:
            self.done.set()

    def end(self) -> None:
        self.complete = True
        self.done.set()

    def lost(self) -> None:
        self.done.set()

    def refused(self, status: int, body: bytes) -> None:
        self.refusal = (status, body)

    async def understand(self, answering: Answering, ended_at: float, given_up: Failure | None) -> None:
        """Parses what was kept into `answering`; then its failure, `given_up` before any other."""
        over = self._since(ended_at)
        if self.refusal is not None:
            answering.fail(over, failures.of_body(*self.refusal))
        elif given_up is None and self._pieces and self._pieces[0][1].lstrip()[:1] == b"{":
            _take_whole(b"".join(data for _, data in self._pieces), over, answering)
        else:
            ended = await self._parse(answering)
            failure = given_up or (None if ended else self._broken_off())
            if failure is not None:
                answering.fail(over, failure)

    async def _parse(self, answering: Answering) -> bool:
        """Whether the answer came to an end of its own, good or bad."""
        parser = _ChunkParser(answering)
        for number, (at, data) in enumerate(sse_lines(self._pieces)):
            parser.line(self._since(at), data)
            if len(answering.events) > self._bounds.events:
                answering.fail(self._since(at), failures.too_much(f"{self._bounds.events} events"))
                return True
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        return parser.ended and not self._too_much

    def _broken_off(self) -> Failure:
        if self._too_much:
            return failures.too_much(f"{self._bounds.answer_bytes} bytes")
        return failures.cut_off("no [DONE] came" if self.complete else "the connection closed")

    def _since(self, at: float) -> float:
        return max(0.0, at - self.sent_at)


def sse_lines(pieces: list[tuple[float, bytes]]) -> Iterator[tuple[float, bytes]]:
    """The lines of a body, each with when its end arrived; CRLF, LF and CR all end a line."""
    rest: list[bytes] = []
    after_cr = False
    for at, piece in pieces:
        data = piece[1:] if after_cr and piece[:1] == b"\n" else piece
        after_cr = piece[-1:] == b"\r"
        lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if len(lines) > 1:
            yield at, b"".join([*rest, lines[0]])
            rest = []
            for line in lines[1:-1]:
                yield at, line
        if lines[-1]:
            rest.append(lines[-1])


class _ChunkParser:
    """Turns lines of an event stream into events of an answer."""

    def __init__(self, answering: Answering) -> None:
        self.ended = False
        self._answering = answering
        self._data: list[bytes] = []

    def line(self, t: float, line: bytes) -> None:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif line.startswith(b":"):
            self._answering.note(t, "ping", len(line))
        elif not line and self._data:
            data = b"\n".join(self._data)
            self._data.clear()
            self._event(t, data)

    def _event(self, t: float, data: bytes) -> None:
        if data.strip() == _DONE:
            self.ended = True
            return
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            self._answering.fail(t, failures.cut_off("an event is no JSON"))
            self.ended = True
            return
        failure = failures.of_error_object(member(chunk, "error"))
        if failure is not None:
            self._answering.fail(t, failure)
            self.ended = True
            return
        for choice in items(chunk, "choices"):
            if member(choice, "index") in (None, 0):
                _take_delta(t, member(choice, "delta"), self._answering)
                if reason := text(choice, "finish_reason"):
                    self._answering.finish(t, reason)
                    self.ended = True
        _take_usage(t, member(chunk, "usage"), self._answering)


def _take_delta(t: float, delta: object, answering: Answering) -> None:
    answering.say(t, "reasoning", text(delta, "reasoning_content") or text(delta, "reasoning"))
    answering.say(t, "content", text(delta, "content"))
    answering.say(t, "refusal", text(delta, "refusal"))
    for position, call in enumerate(items(delta, "tool_calls")):
        function = member(call, "function")
        index = count(call, "index")
        name, arguments = text(function, "name"), text(function, "arguments")
        answering.call(t, position if index is None else index, name, arguments)
    for artifact in items(delta, "artifacts"):
        answering.attach(t, _link(artifact))
    _take_step(t, member(delta, "janus"), answering)


def _take_step(t: float, step: object, answering: Answering) -> None:
    """What Janus adds to a delta: artifacts, the route taken, and steps of tools and sandboxes."""
    event, payload = text(step, "event"), member(step, "payload")
    if event == "artifact":
        answering.attach(t, _link(payload))
    elif event:
        answering.note(t, "step", len(event))
        if event == "route":
            answering.competitor_id = text(payload, "competitor_id")


def _take_whole(body: bytes, t: float, answering: Answering) -> None:
    """An answer that came as one JSON object although a stream was asked for."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        answering.fail(t, failures.cut_off("the answer is no JSON"))
        return
    choice = next(iter(items(told, "choices")), None)
    if choice is None:
        failure = failures.of_error_object(member(told, "error"))
        answering.fail(t, failure or failures.cut_off("the answer has no choices"))
        return
    _take_delta(t, member(choice, "message"), answering)
    _take_usage(t, member(told, "usage"), answering)
    answering.finish(t, text(choice, "finish_reason") or "stop")


def _take_usage(t: float, usage: object, answering: Answering) -> None:
    if isinstance(usage, dict):
        answering.note(t, "usage")
        answering.usage = Usage(
            prompt_tokens=count(usage, "prompt_tokens"),
            completion_tokens=count(usage, "completion_tokens"),
            total_tokens=count(usage, "total_tokens"),
            cost_usd=amount(usage, "cost_usd"),
            sandbox_seconds=amount(usage, "sandbox_seconds"),
            source=source_in(usage),
        )


def _link(artifact: object) -> ArtifactLink:
    return ArtifactLink(
        name=text(artifact, "display_name") or text(artifact, "id"),
        mime_type=text(artifact, "mime_type"),
        sha256=text(artifact, "sha256"),
        size_bytes=count(artifact, "size_bytes") or 0,
        url=text(artifact, "url"),
    )
