"""The containers that this shim fronts: where each is, and which one a request means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yarl import URL

from janus_mesh.errors import ModelNotFound


@dataclass(frozen=True, slots=True)
class Container:
    """One HTTP competitor. `base` is its address with a trailing slash."""

    id: str
    base: URL

    @property
    def chat(self) -> URL:
        return self.base / "v1/chat/completions"

    @property
    def health(self) -> URL:
        return self.base / "health"


class Containers:
    """The containers by id, replaced as a whole when the registry changes.

    Exchanges keep the container they began with. `only` makes a side-car: it is meant by every id.
    """

    def __init__(self, only: Container | None = None) -> None:
        self._only = only
        self._by_id: Mapping[str, Container] = {}

    def replace(self, containers: Mapping[str, Container]) -> None:
        self._by_id = containers

    def find(self, competitor_id: str) -> Container:
        """Raises `ModelNotFound` when there is none of that id."""
        found = self._only or self._by_id.get(competitor_id)
        if found is None:
            raise ModelNotFound(
                f"no HTTP competitor is called {competitor_id!r}"
                if competitor_id
                else "no competitor is named",
                param="competitor_id",
                competitor_id=competitor_id,
            )
        return found

    def __iter__(self) -> Iterator[Container]:
        return iter([self._only] if self._only else self._by_id.values())
