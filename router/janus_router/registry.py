"""The live view of who competes: those of the file, then those that registered themselves.

It is soft state: a second router has a view of its own, so who registers does so at each.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from janus_mesh import logs
from janus_mesh.errors import Conflict, NotFound
from janus_mesh.registry import Entry, EntryInvalid, Names

from .competitor import Competitor, Limits
from .leases import Leases
from .peers import PeerPool

# The shim knows the competitors of the file only.
_FILE_ONLY = (
    "must begin with grpc:// or grpcs://, because only competitors that speak gRPC can register; "
    "name an http(s):// competitor in the registry file, or register a shim of its own as grpc://host:port"
)

log = logs.get("router.registry")


class IdTaken(EntryInvalid):
    """The id belongs to a competitor of the registry file."""

    kind = Conflict.kind


@dataclass(frozen=True, slots=True)
class Registration:
    """What the holder of a lease is told."""

    expires_at: float  # seconds since 1970
    secret: str


class Registry:
    """Who competes now, by id and by model. Changes take effect at once, live exchanges go on."""

    def __init__(self, pool: PeerPool, limits: Limits, *, default_model: str, shim: str) -> None:
        self.default_model = default_model
        self._pool = pool
        self._limits = limits
        self._shim = shim
        self._file: tuple[Entry, ...] = ()
        self._leases = Leases(self._expired)
        self._competitors: dict[str, Competitor] = {}
        self._by_model: dict[str, list[Competitor]] = {}
        self._change = asyncio.Event()

    @property
    def competitors(self) -> tuple[Competitor, ...]:
        """All, in the order of the file, then registered ones."""
        return tuple(self._competitors.values())

    def get(self, competitor_id: str) -> Competitor | None:
        return self._competitors.get(competitor_id)

    def named(self, competitor_id: str) -> Competitor:
        """The competitor of that id; raises `NotFound`."""
        competitor = self.get(competitor_id)
        if competitor is None:
            raise NotFound(f"there is no competitor `{competitor_id}`", param="competitor_id")
        return competitor

    def serving(self, model: str) -> tuple[Competitor, ...]:
        """Those that answer to a model id, an alias or their own id."""
        competitor = self.get(model)
        return (competitor,) if competitor else tuple(self._by_model.get(model, ()))

    def next_change(self) -> asyncio.Event:
        """An event that is set when anything but a count changes after this call."""
        return self._change

    def replace(self, entries: tuple[Entry, ...]) -> None:
        """Takes over a (valid) registry file. Registered competitors that clash with it go."""
        self._file = entries
        names = self._names(())
        for lease in self._leases:
            try:
                names.add(lease.entry)
            except EntryInvalid as error:
                log.warning("lease ended by the file", competitor=lease.entry.id, reason=error.message)
                self._leases.end(lease.entry.id)
        self._settle()

    def register(self, entry: Entry, seconds: float, *, secret: str = "", holder: str = "") -> Registration:
        """Adds a competitor, or renews or replaces the one that leases its id.

        Args:
            entry: The competitor.
            seconds: How long the lease lasts.
            secret: That of the live lease of this id; for a free id, that of the new one, or empty.
            holder: The caller's address.

        Raises:
            IdTaken: the registry file has a competitor of this id.
            EntryInvalid: the entry cannot register, or its names clash with others.
            PermissionDenied, InvalidRequest, Overloaded: see `Leases.check`.
        """
        if any(entry.id == owned.id for owned in self._file):
            raise IdTaken(("id",), f"`{entry.id}` belongs to the registry file")
        if not entry.native:
            raise EntryInvalid(("url",), _FILE_ONLY)
        self._leases.check(entry.id, secret, holder, retry_after=seconds)
        self._names(lease.entry for lease in self._leases if lease.entry.id != entry.id).add(entry)
        before = self._leases.get(entry.id)
        lease = self._leases.grant(entry, secret, holder, seconds)
        if before is None or before.entry != entry:
            self._settle()
        return Registration(time.time() + seconds, lease.secret)

    async def close(self) -> None:
        """Lets go of every competitor."""
        leaving = self.competitors
        for lease in self._leases:
            self._leases.end(lease.entry.id)
        self._file = ()
        self._settle()
        for competitor in leaving:
            await competitor.stopped()

    def _names(self, leased: Iterable[Entry]) -> Names:
        names = Names(self.default_model)
        for entry in (*self._file, *leased):
            names.add(entry)
        return names

    def _expired(self, competitor_id: str) -> None:
        log.warning("lease expired", competitor=competitor_id)
        self._settle()

    def _settle(self) -> None:
        """Makes the live competitors be those of the file and the leases."""
        before = self._competitors
        entries = (*self._file, *(lease.entry for lease in self._leases))
        self._competitors = {entry.id: self._kept_or_new(entry) for entry in entries}
        self._by_model = {}
        for competitor in self._competitors.values():
            for model in competitor.entry.models:
                self._by_model.setdefault(model, []).append(competitor)
        for competitor in before.values():
            if self.get(competitor.id) is not competitor:
                competitor.retire()
        self.announce()

    def _kept_or_new(self, entry: Entry) -> Competitor:
        current = self.get(entry.id)
        target = _target(entry) if entry.native else (entry.shim or self._shim)
        if current and (current.entry.url, current.target) == (entry.url, target):
            current.update(entry)
            return current
        fresh = Competitor(entry, target, self._pool, self._limits, self.announce)
        fresh.draining = current is not None and current.draining
        return fresh

    def announce(self) -> None:
        """Wakes those who wait for the next change."""
        change, self._change = self._change, asyncio.Event()
        change.set()


def _target(entry: Entry) -> str:
    """What to dial for a native competitor."""
    return f"{entry.url.rstrip('/')}?ca_file={quote(entry.ca_file)}" if entry.ca_file else entry.url
