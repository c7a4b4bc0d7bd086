"""How many bytes the artifacts of all and of each owner take, and who may keep more."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from janus_mesh.errors import PayloadTooLarge

# What an artifact takes beside its content: its description, and whole blocks of a disk. Without it, empty
# artifacts would be free in any number.
_OVERHEAD_BYTES = 4096
TAG_CHARACTERS = 8


def tag_of(owner: str) -> str:
    """The mark of an owner in the ids of its artifacts, so that a listing tells whose each is."""
    return hashlib.sha256(owner.encode()).hexdigest()[:TAG_CHARACTERS]


@dataclass
class Room:
    """At most `most_bytes` in all and `share_bytes` for one owner, uploads under way included.

    Known by this process; `recount` corrects it by what a listing of the store says.
    """

    most_bytes: int
    share_bytes: int
    _kept: Counter[str] = field(default_factory=Counter)  # by tag
    _coming: Counter[str] = field(default_factory=Counter)
    _total: int = 0
    _since_listing: Counter[str] = field(default_factory=Counter)

    def begin(self, tag: str) -> "Upload":
        """Makes room for one more artifact. Raises `PayloadTooLarge`."""
        upload = Upload(self, tag)
        upload.grow(_OVERHEAD_BYTES)
        return upload

    def forget(self, tag: str, size: int) -> None:
        """Gives back what an artifact took that was removed before it was known."""
        size += _OVERHEAD_BYTES
        self._kept[tag] -= size
        self._since_listing[tag] -= size
        self._total -= size

    def begin_listing(self) -> None:
        """Notes that what is added from now on may be missing in the listing."""
        self._since_listing.clear()

    def recount(self, kept: Counter[str], artifacts: Counter[str]) -> None:
        """Takes over the bytes and numbers of artifacts by tag that a listing found.

        What was added during the listing may be counted twice, until the next one.
        """
        self._kept = Counter({tag: size + artifacts[tag] * _OVERHEAD_BYTES for tag, size in kept.items()})
        self._kept.update({tag: size for tag, size in self._since_listing.items() if size > 0})
        self._total = self._kept.total() + self._coming.total()

    def _grow(self, tag: str, size: int) -> None:
        if self._total + size > self.most_bytes:
            raise PayloadTooLarge("the artifact store is full", code="artifact_store_full")
        if self._kept[tag] + self._coming[tag] + size > self.share_bytes:
            raise PayloadTooLarge(
                f"one competitor's artifacts may have {self.share_bytes} bytes in all",
                code="artifact_share_used",
            )
        self._coming[tag] += size
        self._total += size

    def _settle(self, tag: str, size: int, *, kept: bool) -> None:
        self._coming[tag] -= size
        if not self._coming[tag]:
            del self._coming[tag]
        if kept:
            self._kept[tag] += size
            self._since_listing[tag] += size
        else:
            self._total -= size


@dataclass
class Upload:
    """The room that one upload takes; use as `with`. What is left without `keep` is given back."""

    room: Room
    tag: str
    _size: int = 0
    _kept: bool = False

    def grow(self, size: int) -> None:
        """Takes more room. Raises `PayloadTooLarge`."""
        self.room._grow(self.tag, size)  # noqa: SLF001  # one thing in two parts
        self._size += size

    def keep(self) -> None:
        """The artifact is there."""
        self._kept = True

    def __enter__(self) -> "Upload":
        return self

    def __exit__(self, *_: object) -> None:
        self.room._settle(self.tag, self._size, kept=self._kept)  # noqa: SLF001
