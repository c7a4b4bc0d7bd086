"""Competitors that registered themselves: each for as long as its holder, who knows its secret, renews it."""

import asyncio
import hmac
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from janus_mesh.errors import InvalidRequest, Overloaded, PermissionDenied
from janus_mesh.registry import Entry

_MOST_LEASES = 1_000
# Leases that one address may hold, so that one competitor cannot use up all of them.
_MOST_PER_HOLDER = 100
_SECRET = re.compile(r"[!-~]{16,256}")


@dataclass(frozen=True, slots=True)
class Lease:
    """One registered competitor."""

    entry: Entry
    secret: str  # what its holder must show; never logged or listed
    holder: str  # the address that registered it first
    timer: asyncio.TimerHandle


class Leases:
    """The live leases by competitor id, in the order in which they began. `expired` is told the id."""

    def __init__(self, expired: Callable[[str], None]) -> None:
        self._expired = expired
        self._by_id: dict[str, Lease] = {}

    def get(self, competitor_id: str) -> Lease | None:
        return self._by_id.get(competitor_id)

    def __iter__(self) -> Iterator[Lease]:
        return iter([*self._by_id.values()])

    def check(self, competitor_id: str, secret: str, holder: str, retry_after: float) -> None:
        """Checks that this holder may have a lease of this id.

        Raises:
            PermissionDenied: the id is leased, and this is not its secret.
            InvalidRequest: the id is free, and this cannot be a secret.
            Overloaded: there are too many leases, of this holder or in all.
        """
        lease = self._by_id.get(competitor_id)
        if lease is not None:
            if not hmac.compare_digest(lease.secret.encode(), secret.encode()):
                raise PermissionDenied(
                    f"lease_secret: `{competitor_id}` is leased, and this is not the secret of its lease",
                    param="lease_secret",
                )
            return
        if secret and not _SECRET.fullmatch(secret):
            raise InvalidRequest(
                "lease_secret: must be 16 to 256 visible ASCII characters", param="lease_secret"
            )
        if len(self._by_id) >= _MOST_LEASES:
            raise Overloaded(f"there are {_MOST_LEASES} registered competitors", retry_after=retry_after)
        if sum(lease.holder == holder for lease in self._by_id.values()) >= _MOST_PER_HOLDER:
            raise Overloaded(
                f"your address has registered {_MOST_PER_HOLDER} competitors", retry_after=retry_after
            )

    def grant(self, entry: Entry, secret: str, holder: str, seconds: float) -> Lease:
        """Begins or renews a lease that `check` allowed."""
        before = self._by_id.get(entry.id)
        if before is not None:
            before.timer.cancel()
            secret, holder = before.secret, before.holder
        timer = asyncio.get_running_loop().call_later(seconds, self._expire, entry.id)
        lease = Lease(entry, secret or secrets.token_urlsafe(32), holder, timer)
        self._by_id[entry.id] = lease
        return lease

    def end(self, competitor_id: str) -> None:
        self._by_id.pop(competitor_id).timer.cancel()

    def _expire(self, competitor_id: str) -> None:
        self.end(competitor_id)
        self._expired(competitor_id)
