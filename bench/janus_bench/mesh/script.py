"""What a client wants the mock competitor to do, written into the prompt so that every gateway carries it.

    bench:id=s17:tokens=200:gap=20ms:head=0ms:first=0ms:ping=0ms

Gateways map models, move headers and drop unknown fields, but none alters the text of a message.
"""

import re
from dataclasses import dataclass, replace

_FORM = re.compile(
    r"bench:id=(?P<id>[\w.-]+):tokens=(?P<tokens>\d+):gap=(?P<gap>[\d.]+)ms"
    r":head=(?P<head>[\d.]+)ms:first=(?P<first>[\d.]+)ms:ping=(?P<ping>[\d.]+)ms"
)
MOST_TOKENS = 999_999


@dataclass(frozen=True, slots=True)
class Script:
    """One answer's course. Times in seconds."""

    id: str = "s0"
    tokens: int = 100
    gap: float = 0.02  # between tokens; 0 sends as fast as the reader takes them
    head: float = 0.0  # before the response's status line
    first: float = 0.0  # from there to the first token
    ping: float = 0.0  # a keep-alive comment after each such silence; 0 for none

    def __post_init__(self) -> None:
        if not 1 <= self.tokens <= MOST_TOKENS:
            raise ValueError(f"tokens must be 1 to {MOST_TOKENS}, got {self.tokens}")

    def __str__(self) -> str:
        times = (f"{name}={getattr(self, name) * 1000:.9g}ms" for name in ("gap", "head", "first", "ping"))
        return f"bench:id={self.id}:tokens={self.tokens}:{':'.join(times)}"

    def named(self, id_: str) -> "Script":
        return replace(self, id=id_)


def find(text: str) -> Script | None:
    """The first script in `text`, or None; ValueError when it asks for the impossible."""
    match = _FORM.search(text)
    if match is None:
        return None
    times = {name: float(match[name]) / 1000 for name in ("gap", "head", "first", "ping")}
    return Script(id=match["id"], tokens=int(match["tokens"]), **times)
