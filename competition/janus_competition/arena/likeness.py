"""How alike two answers are, from digests that do not tell what they said.

The digest finds equal answers, whatever their case, spaces and punctuation; the simhash (Charikar 2002,
over word triples) finds near copies: similar texts differ in few of its 64 bits.
"""

import hashlib
import re
from dataclasses import dataclass

_WORD = re.compile(r"\w+")
_BITS = 64
# Unrelated texts differ in 32 bits, give or take 4; ones of which a word in twenty was changed, in 12.
_NEAR_BITS = 12
# The same short fact is often said in the same words.
TELLING_WORDS = 12


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of an answer."""

    digest: str  # SHA-256 in hex; empty for an answer without words
    simhash: str  # 16 hex digits
    words: int


def fingerprint(text: str) -> Fingerprint:
    words = _WORD.findall(text.casefold())
    if not words:
        return Fingerprint("", "0" * 16, 0)
    digest = hashlib.sha256(" ".join(words).encode(errors="replace")).hexdigest()
    return Fingerprint(digest, f"{_simhash(words):016x}", len(words))


def same(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether both say the same, which leaves nothing to choose between."""
    return one.digest == other.digest


def near_copies(one: Fingerprint, other: Fingerprint) -> bool | None:
    """Whether one could be a copy of the other; None when they are too short to tell."""
    if min(one.words, other.words) < TELLING_WORDS:
        return None
    differing = int(one.simhash, 16) ^ int(other.simhash, 16)
    return same(one, other) or differing.bit_count() <= _NEAR_BITS


def _simhash(words: list[str]) -> int:
    triples = {" ".join(words[start : start + 3]) for start in range(max(1, len(words) - 2))}
    sums = [0] * _BITS
    for triple in triples:
        hashed = int.from_bytes(hashlib.blake2b(triple.encode(errors="replace"), digest_size=8).digest())
        for bit in range(_BITS):
            sums[bit] += 1 if hashed >> bit & 1 else -1
    return sum(1 << bit for bit in range(_BITS) if sums[bit] > 0)
