"""Which number of an answer is the answer, and whether it is near enough."""

import pytest
from support.scoring import value

from janus_bench.quality.scoring.numeric import final_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", 42),
        ("The answer is 3 + 4 = 7 apples.", 7),
        ("12\u202f345", 12345),
        ("2 100", 100),
        ("First 3, then 4, so 12 in all.", 12),
        ("The answer is 7, not 8.", 7),
        ("**Answer:** 7\nThat took 3 steps.", 7),
        (r"So \boxed{15}, as 3 + 12.", 15),
        ("= 18\n#### 18\nchecked twice", 18),
        ("1,234,567", 1234567),
        ("12_000", 12000),
        ("3, 4, 5", 5),
        ("-3.5e-2", -0.035),
        ("\u22127", -7),
        ("3/4", 0.75),
        ("2.5 x 10^3", 2500),
        (r"1.2 \times 10^{-2}", 0.012),
        (".5", 0.5),
        ("8-3", 3),
        ("95%", 95),
        ("the year 2024.", 2024),
        ("The answer is $9{,}500.", 9500),
        (r"The answer is $9\,500$.", 9500),
        (r"The answer is \$1{,}234{,}567.", 1_234_567),
        (r"\boxed{\frac{3}{4}}", 0.75),
        (r"\boxed{\dfrac34}", 0.75),
        (r"\boxed{-\frac{3}{4}}", -0.75),
        (r"\boxed{1\frac{1}{2}}", 1.5),
        (r"\boxed{\left(\frac{10}{4}\right)}", 2.5),
        (r"\boxed{9{,}500 \text{ apples}}", 9500),
        (r"So it is \boxed{\text{42}}, as 6 x 7.", 42),
        (r"That makes 5\%.", 5),
        ("**Answer**: 42 (because 6 x 7)", 42),
        ("__Answer__ = 42 (because 6 x 7)", 42),
        ("*Answer:* 42 (because 6 x 7)", 42),
        ("The answer isn't 5. The answer is 6 (not 5 or 7).", 6),
        ("The answer is not 5 but 6", 6),
        ("-$5", -5),
        ("$-5", -5),
        ("The answer is -\u20ac1,200.50 in all", -1200.5),
        ("10 -$5", -5),
    ],
)
def test_the_final_number_is_found(text: str, number: float) -> None:
    found = final_number(text)
    assert found is not None
    assert found[0] == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "none", "fifteen", "-", "."])
def test_a_text_without_a_number_has_none(text: str) -> None:
    assert final_number(text) is None


async def test_numbers_are_equal_within_the_tolerance_alone() -> None:
    assert await value({"kind": "numeric", "value": 0.3}, "0.1 + 0.2 = 0.30000000000000004") == 1
    assert await value({"kind": "numeric", "value": 10}, "10.01") == 0
    assert await value({"kind": "numeric", "value": 10, "tolerance": 0.05}, "10.01") == 1
    assert await value({"kind": "numeric", "value": 1000, "relative": 0.01}, "1009") == 1
    assert await value({"kind": "numeric", "value": 504_652_000_000}, "504652000001") == 0


async def test_units_are_converted_and_strange_ones_refused() -> None:
    rule = {"kind": "numeric", "value": 2500, "units": {"m": 1, "km": 1000}}
    assert await value(rule, "2500") == 1
    assert await value(rule, "2.5 km") == 1
    assert await value(rule, "2500 km") == 0
    assert await value(rule, "2500 miles") == 0


async def test_the_last_line_alone_can_be_asked_for() -> None:
    rule = {"kind": "numeric", "value": 4, "where": "last_line"}
    assert await value(rule, "2 + 2\n4") == 1
    assert await value(rule, "4\nthat is it") == 0


@pytest.mark.parametrize("text", ["9" * 5000, "1e9999", "1/0", "-1e9999", "5 x 10^9999"])
async def test_a_number_beyond_all_bounds_is_just_wrong(text: str) -> None:
    assert await value({"kind": "numeric", "value": 1}, text) == 0
