"""What can be measured: a gateway, said as data.

A target knows how to be provided (found, or installed under the cache folder), which processes it
consists of, and where it takes requests. Everything else is the same for all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .load import Endpoint
from .processes import Part


class Missing(Exception):
    """A target cannot be had on this machine; the message says why, for the report."""


@dataclass(frozen=True, slots=True)
class Provided:
    """A target's program, ready to be started."""

    command: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Site:
    """What a target builds on: the competitor behind it, and a folder of its own."""

    mock_port: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The processes of a target in the order of their start; the CPU of all counts."""

    parts: tuple[Part, ...]
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Target:
    """One gateway to measure."""

    name: str
    about: str
    provide: Callable[[Path], Provided]
    arrange: Callable[[Provided, Site], Layout]
    most_streams: int = 1_000_000  # beyond these it only drowns, and its trials take long to say so
    # Unless asked for by name:
    slow: bool = False  # left out of a quick look
    once: bool = False  # left out of all rounds but the first
