"""Token counts at the end of what is passed on."""

import json

import pytest

from janus_platform.inference.usage_figures import figures_of
from janus_platform.inference.usage_tail import UsageTail

USAGE = json.dumps({"usage": {"prompt_tokens": 5, "completion_tokens": 7, "details": {"x": {}}}}).encode()


def tokens(*parts: bytes) -> tuple[int | None, int | None]:
    tail = UsageTail()
    for part in parts:
        tail.feed(part)
    return tail.figures()[:2]


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


# What the figures are.

ODD = [-35, 3.5, "7", True, None, [7], 10**9, 1e300, float("nan"), float("inf")]


@pytest.mark.parametrize("value", ODD)
def test_a_figure_that_cannot_be_right_is_not_believed(value: object) -> None:
    assert figures_of({"prompt_tokens": 5, "completion_tokens": value}) == (5, None, 0, 0)


def test_a_whole_number_may_be_written_as_a_fraction() -> None:
    assert figures_of({"prompt_tokens": 5.0, "completion_tokens": 3.0}) == (5, 3, 0, 0)


@pytest.mark.parametrize(
    ("usage", "figures"),
    [
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}}, (100, 60, 0)),
        ({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60}}, (100, 60, 0)),
        (
            {"input_tokens": 40, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 20},
            (120, 60, 20),
        ),
        (  # OpenAI's words with Anthropic's beside them: nothing is counted twice
            {
                "prompt_tokens": 120,
                "prompt_tokens_details": {"cached_tokens": 60},
                "cache_read_input_tokens": 60,
                "cache_creation_input_tokens": 20,
            },
            (120, 60, 20),
        ),
        ({"prompt_tokens": 100, "prompt_cache_hit_tokens": 60}, (100, 60, 0)),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 101}}, (100, 0, 0)),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": -1}}, (100, 0, 0)),
        ({"prompt_tokens": 100, "prompt_tokens_details": None}, (100, 0, 0)),
    ],
    ids=["openai", "responses", "anthropic", "both", "deepseek", "too many", "negative", "null"],
)
def test_cached_tokens_are_read_in_every_form(usage: dict[str, object], figures: tuple[int, ...]) -> None:
    read = figures_of(usage)
    assert (read.prompt, read.cached, read.cache_written) == figures


def test_reasoning_tokens_are_part_of_the_completion() -> None:
    usage = {
        "prompt_tokens": 5,
        "completion_tokens": 100,
        "completion_tokens_details": {"reasoning_tokens": 90},
    }
    assert figures_of(usage).completion == 100


def test_an_anthropic_stream_tells_its_cache_at_the_beginning() -> None:
    tail = UsageTail()
    first = {"input_tokens": 40, "cache_read_input_tokens": 60, "output_tokens": 1}
    tail.feed(b'data: {"type": "message_start", "message": {"usage": %s}}\n\n' % json.dumps(first).encode())
    tail.feed(b'data: {"type": "message_delta", "usage": {"input_tokens": 40, "output_tokens": 9}}\n\n')
    assert tail.figures() == (100, 9, 60, 0)


def test_usage_in_every_chunk_counts_once() -> None:
    chunk = b'data: {"choices": [{}], "usage": {"prompt_tokens": 5, "completion_tokens": %d}}\n\n'
    assert tokens(*(chunk % count for count in range(1, 8))) == (5, 7)
