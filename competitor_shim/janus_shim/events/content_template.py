"""Reads a chunk that differs from an earlier one only in its text, without parsing all of it.

Nearly every chunk is one of these. Once a whole chunk was parsed as plain text, the bytes before and after
the text are kept; a later chunk with the same bytes around a JSON string has that string as its text.
"""

import orjson

from .json_fields import Object

# Learning a template costs more than parsing, so a stream whose chunks never repeat stops learning soon.
_FREE_TRIES = 8
_HITS_PER_TRY = 16


class ContentTemplate:
    """The shape of the plain chunks of one stream's first choice."""

    __slots__ = ("_after", "_before", "_hits", "_tries")

    def __init__(self) -> None:
        self._before = b""  # up to the string's opening quote, included
        self._after = b""  # from its closing quote
        self._tries = _FREE_TRIES
        self._hits = 0

    def text(self, data: bytes) -> str | None:
        """The chunk's text; None when the chunk does not have this shape."""
        before, after = self._before, self._after
        if not before or not (data.startswith(before) and data.endswith(after)):
            return None
        try:
            # A quote inside that is not escaped ends the string early, and then this is not JSON.
            text: str = orjson.loads(data[len(before) - 1 : len(data) - len(after) + 1])
        except orjson.JSONDecodeError:
            return None
        self._hits += 1
        return text

    def learn(self, data: bytes, chunk: Object, text: str) -> None:
        """Learns the shape of a chunk that was parsed and has nothing but the text of its one choice."""
        if self._tries + self._hits // _HITS_PER_TRY <= 0:
            return
        self._tries -= 1
        literal = orjson.dumps(text)
        start = data.rfind(literal)
        if start < 0:  # it is escaped in another way than ours
            return
        before, after = data[: start + 1], data[start + len(literal) - 1 :]
        if _says(chunk, before, after):
            self._before, self._after = before, after

    def forget(self) -> None:
        """Drops the template, so that the next chunk is parsed."""
        self._before = b""


def _says(chunk: Object, before: bytes, after: bytes) -> bool:
    """Whether a string between these bytes is the text of the chunk's only choice, and nothing else."""
    try:
        probe = orjson.loads(before + b"another text" + after)
    except orjson.JSONDecodeError:
        return False
    delta = probe["choices"][0]["delta"] if probe.get("choices") else {}
    if delta.get("content") != "another text":
        return False
    delta["content"] = chunk["choices"][0]["delta"]["content"]
    return bool(probe == chunk)
