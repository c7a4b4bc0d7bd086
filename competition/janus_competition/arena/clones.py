"""Competitors that give each other's answers. Entering one agent twice would double its chances of being
drawn, and let it win against itself; such copies are rated as one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from .ballots import AnswerPair
from .likeness import near_copies

# So many battles must be able to tell, and so large a part of them must say so.
_ENOUGH = 5
_SHARE = 0.6


def originals(pairs: Iterable[AnswerPair], first_seen: Mapping[str, float]) -> dict[str, str]:
    """Each copy with its original: of a group of copies, the one that was here first."""
    looked: Counter[tuple[str, str]] = Counter()
    alike: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        verdict = near_copies(pair.left_answer, pair.right_answer)
        if verdict is not None:
            both = (min(pair.left, pair.right), max(pair.left, pair.right))
            looked[both] += 1
            alike[both] += verdict
    groups = _Groups()
    for (one, other), count in looked.items():
        if count >= _ENOUGH and alike[one, other] >= _SHARE * count:
            groups.join(one, other)
    found: dict[str, str] = {}
    for group in groups.all():
        original = min(group, key=lambda name: (first_seen.get(name, float("inf")), name))
        found |= {name: original for name in group if name != original}
    return found


class _Groups:
    """Sets that grow together."""

    def __init__(self) -> None:
        self._group_of: dict[str, set[str]] = {}

    def join(self, one: str, other: str) -> None:
        merged = self._group_of.get(one, {one}) | self._group_of.get(other, {other})
        for name in merged:
            self._group_of[name] = merged

    def all(self) -> list[set[str]]:
        return list({id(group): group for group in self._group_of.values()}.values())
