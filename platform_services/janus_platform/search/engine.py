"""What a search engine is."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Result:
    """One hit. `url` is a web address, or a path within this repository for its own documents."""

    title: str
    url: str
    snippet: str


class Engine(Protocol):
    """Answers queries; `source` tells callers where the results are from."""

    source: str
    destination: str  # for the egress log

    async def search(self, query: str, limit: int, owner: str) -> list[Result]:
        """Best first. `owner` is who asks. Raises `UpstreamFailed`, `DeadlineExceeded`."""
