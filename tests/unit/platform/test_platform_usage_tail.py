"""Token counts at the end of what is passed on."""

import json

import pytest

from janus_platform.inference.usage_tail import UsageTail

USAGE = json.dumps({"usage": {"prompt_tokens": 5, "completion_tokens": 7, "details": {"x": {}}}}).encode()


def tokens(*parts: bytes) -> tuple[int | None, int | None]:
    tail = UsageTail()
    for part in parts:
        tail.feed(part)
    return tail.tokens()


def test_the_last_usage_counts() -> None:
    early = USAGE.replace(b"5", b"1")
    assert tokens(early, b"data: ", USAGE, b"\n\ndata: [DONE]\n\n") == (5, 7)


def test_it_is_found_across_any_cut() -> None:
    assert tokens(*(USAGE[i : i + 1] for i in range(len(USAGE)))) == (5, 7)


def test_it_is_found_after_a_long_answer() -> None:
    assert tokens(b"x" * 100_000, b"x" * 4000 + USAGE) == (5, 7)


def test_what_a_caller_has_repeated_after_it_does_not_hide_it() -> None:
    metadata = json.dumps({f"k{number}": "\u00e9" * 512 for number in range(16)}).encode()
    assert tokens(
        b"x" * 100_000, b'{"usage": {"input_tokens": 5, "output_tokens": 7}, "metadata": ' + metadata
    ) == (5, 7)


@pytest.mark.parametrize(
    "data", [b"", b"data: [DONE]\n\n", b'{"usage": null}', USAGE[:40], b'{"usage": {"total": 1}}']
)
def test_nothing_is_made_up(data: bytes) -> None:
    assert tokens(data) == (None, None)
