"""Changing the `model` of a JSON body and not one byte else.

Decoding and encoding anew would change numbers, escapes and duplicate keys; a provider shall see what
the caller wrote.
"""

import re
from collections.abc import Iterator

import orjson

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:]', re.DOTALL)


def with_model(body: bytes, model: str) -> bytes:
    """`body`, a valid JSON object whose `model` is a string, with this one in its place."""
    parts: list[bytes] = []
    end = 0
    for start, stop in _models(body):
        parts += [body[end:start], orjson.dumps(model)]
        end = stop
    return b"".join([*parts, body[end:]])


def _models(body: bytes) -> Iterator[tuple[int, int]]:
    """Where the strings stand that are the value of a top-level `model`; several if the key is repeated."""
    depth, string, value_is_next = 0, b"", False
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token == b":":
            value_is_next = depth == 1 and orjson.loads(string) == "model"
            continue
        if token[:1] == b'"':
            if value_is_next:
                yield match.span()
            string = token
        else:
            depth += 1 if token in (b"{", b"[") else -1
        value_is_next = False
