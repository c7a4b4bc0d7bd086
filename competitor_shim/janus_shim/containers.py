"""The containers that this shim fronts: how each is asked, and which one a request means."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from yarl import URL

from janus_mesh.errors import ModelNotFound, Unavailable
from janus_mesh.registry import Entry, MissingVariable, resolve_headers

from .settings import web_address


@dataclass(frozen=True, slots=True)
class Container:
    """One HTTP competitor, with all that a request to it needs."""

    id: str
    base: URL  # the url of its entry with a trailing slash; artifacts' addresses are relative to it
    chat: URL
    health: URL
    upstream_model: str = ""  # sent in place of the request's model; empty: the request's own
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # for every request; hold secrets
    ca_file: str = ""  # PEM of the authorities to trust for https; empty: the system's
    problem: str = ""  # why it cannot be asked at all, such as an environment variable that is not set

    def check_usable(self) -> None:
        """Raises `Unavailable` when the container cannot be asked as it is configured."""
        if self.problem:
            raise Unavailable("the competitor is not configured completely", competitor_id=self.id)


def container_of(entry: Entry, environment: Mapping[str, str] = os.environ) -> Container:
    """The container that an http(s) entry describes, with its secrets from the environment."""
    base = _with_path(URL(entry.url), "/")
    headers: Mapping[str, str] = {}
    problem = ""
    try:
        headers = resolve_headers(entry.headers, entry.api_key_env, environment)
    except MissingVariable as missing:
        problem = str(missing)
    return Container(
        entry.id,
        base,
        chat=_with_path(base, f"{entry.base_path.rstrip('/')}/chat/completions"),
        health=_with_path(base, entry.health_path),
        upstream_model=entry.upstream_model or "",
        headers=tuple(headers.items()),
        ca_file=entry.ca_file or "",
        problem=problem,
    )


def container_at(address: str, competitor_id: str) -> Container:
    """The container at an http(s) address, asked as by default. Raises `ValueError` for any other address."""
    base = _with_path(web_address(address), "/")
    return Container(
        competitor_id,
        base,
        chat=_with_path(base, "/v1/chat/completions"),
        health=_with_path(base, "/health"),
    )


def containers_of(entries: Iterable[Entry]) -> dict[str, Container]:
    """The containers of a registry by id: its http(s) entries that have no shim of their own."""
    return {entry.id: container_of(entry) for entry in entries if not entry.native and entry.shim is None}


def _with_path(base: URL, path: str) -> URL:
    """The address with a path below its own; slashes do not double."""
    joined = "/".join([base.raw_path.rstrip("/"), *[part for part in [path.strip("/")] if part]])
    return base.with_path(joined + ("/" if path.endswith("/") else ""), encoded=True)


class Containers:
    """The containers by id, replaced as a whole when the registry changes.

    Live streams keep the container they began with. `only` makes a side-car: it is meant by every id.
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
