"""Which option an answer means, however it says so."""

import pytest
from pydantic import ValidationError
from support.scoring import value

from janus_bench.quality.scoring import parse_rule
from janus_bench.quality.scoring.multiple_choice import choice

OPTIONS = {"A": "a feather", "B": "iron ore", "C": "cork", "D": "salt"}


@pytest.mark.parametrize(
    "text",
    [
        "B",
        "b",
        "(B)",
        "**B**",
        "B.",
        "B) iron ore",
        "B: it sinks",
        "The answer is B.",
        "the correct option is (b)",
        "Answer: **B**",
        r"\boxed{B}",
        r"\boxed{\text{B}}",
        "Cork floats, and so does A. I would say the answer is B",
        "Iron ore.",
        "It must be iron ore, which is heavy.",
        "Feathers are light.\n\nB",
        "I choose B",
        "I would take option B.",
        "Answer: B. Option A is wrong, and so is C.",
        "The answer is a heavy thing: iron ore",
        "The answer a child would give is B",
        "answer: (b)",
        "**Answer**: B. A would be wrong.",
        "__Answer__: **B**, since A floats",
        r"The answer is $\boxed{\textbf{(B)}}$, not A or C.",
        "The answer is B, and C is wrong.",
        "The answer is B, not C.",
    ],
)
def test_the_letter_is_found(text: str) -> None:
    assert choice(text, OPTIONS) == "B"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A or B",
        "E",
        "none of them",
        "iron ore or cork",
        "All of A, B, C and D",
        "The answer is B or C",
        "The answer is **B** or **C**.",
        "Answer: B/C",
        "The answer is either B or C, I think.",
        "The answer is A and B.",
    ],
)
def test_no_letter_or_several_are_no_choice(text: str) -> None:
    assert choice(text, OPTIONS) is None


async def test_the_right_letter_scores() -> None:
    rule = {"kind": "multiple_choice", "options": OPTIONS, "answer": "B"}
    assert await value(rule, "B") == 1
    assert await value(rule, "C") == 0


def test_an_answer_that_is_no_option_is_refused() -> None:
    with pytest.raises(ValidationError, match="E is none of the options"):
        parse_rule({"kind": "multiple_choice", "options": OPTIONS, "answer": "E"})
