"""Having a provider count the tokens of a stream, also for a caller who did not ask for it.

Without `stream_options.include_usage` a provider says nothing of a stream's tokens, and a competitor would
stay unmetered by leaving it out. So it is always asked for, and the one chunk that comes of it is left out
again for callers who do not expect it: many clients read `choices[0]` of every chunk.
"""

import re

import orjson

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_NO_CHOICES = re.compile(rb'"choices"\s*:\s*\[\s*\]')
# Azure's first chunk has no choices either, but results of its filter and `"usage": null`.
_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_ASKED = b'{"stream_options":{"include_usage":true},'
# An event longer than this is no usage chunk and is not held back for its end.
_LONGEST_HELD_BYTES = 64 * 1024


def asks_for_usage(options: object) -> bool:
    """Whether these `stream_options` want the chunk with the usage."""
    return isinstance(options, dict) and options.get("include_usage") is True


def with_usage_asked(body: bytes, options: object) -> bytes:
    """The body of a streamed call, which the provider will answer with a usage chunk.

    Options that nobody could read are left for the provider to refuse.
    """
    if options is None and b'"stream_options"' not in body:
        return body.replace(b"{", _ASKED, 1)
    if options is not None and not isinstance(options, dict):
        return body
    fields = orjson.loads(body)
    fields["stream_options"] = {**(options or {}), "include_usage": True}
    return orjson.dumps(fields)


class UsageChunkFilter:
    """Leaves the chunk without choices that carries the usage out of a stream, and nothing else."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What of the stream so far is to be passed on: whole events, and long ones as they come."""
        self._held += data
        kept, start = bytearray(), 0
        for end in _EVENT_END.finditer(self._held):
            event = self._held[start : end.end()]
            start = end.end()
            if not _is_usage_chunk(event):
                kept += event
        self._held = self._held[start:]
        if len(self._held) > _LONGEST_HELD_BYTES:
            kept += self.rest()
        return bytes(kept)

    def rest(self) -> bytes:
        """What is held back, when no more comes."""
        held, self._held = self._held, b""
        return held


def _is_usage_chunk(event: bytes) -> bool:
    return _USAGE.search(event) is not None and _NO_CHOICES.search(event) is not None
