"""What the ratings are made of: votes, and what is known of both answers. Plain values, no database."""

from dataclasses import dataclass
from enum import StrEnum

from .likeness import Fingerprint


class Verdict(StrEnum):
    """As a voter gives it; stored by these names."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"


@dataclass(frozen=True, slots=True)
class Ballot:
    """One vote that was not excluded when it came."""

    left: str
    right: str
    verdict: Verdict
    voter: str

    @property
    def left_share(self) -> float:
        """What of the point goes to the left: 1, 0, or half for both kinds of tie."""
        return {Verdict.LEFT: 1.0, Verdict.RIGHT: 0.0}.get(self.verdict, 0.5)


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """Both complete answers of one battle."""

    left: str
    right: str
    left_answer: Fingerprint
    right_answer: Fingerprint
