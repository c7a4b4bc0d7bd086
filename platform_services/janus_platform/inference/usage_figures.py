"""Reading the figures of a `usage` object, in OpenAI's, OpenAI's Responses' and Anthropic's words.

A figure that cannot be right (negative, a fraction, absurdly large) is not believed: it counts as not said,
and the platform estimates.
"""

from typing import Any, NamedTuple

# No model's context or answer is larger.
_MOST_TOKENS = 10_000_000
_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")
_DETAILS = ("prompt_tokens_details", "input_tokens_details")
# Anthropic's words for what was read from the cache and written to it; others say them beside their own.
_CACHE_READ = ("cache_read_input_tokens", "prompt_cache_hit_tokens")
_CACHE_WRITTEN = ("cache_creation_input_tokens",)


class Figures(NamedTuple):
    """What a provider said that a call took; None for what it did not. The cached are part of the prompt's.

    Reasoning tokens are part of the completion's in every API and not told apart.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int = 0
    cache_written: int = 0


def figures_of(usage: dict[str, Any]) -> Figures:
    """The figures of a `usage` object."""
    prompt = _first(usage, _PROMPT)
    read = _first(usage, _CACHE_READ) or 0
    written = _first(usage, _CACHE_WRITTEN) or 0
    if prompt is not None and "prompt_tokens" not in usage and not _details(usage):
        prompt += read + written  # Anthropic counts them beside `input_tokens`
    cached = _first(_details(usage), ("cached_tokens",)) or read
    if prompt is not None and cached + written > prompt:
        cached = written = 0  # cannot be; the dearer reading counts
    return Figures(prompt, _first(usage, _COMPLETION), cached, written)


def _details(usage: dict[str, Any]) -> dict[str, Any]:
    return next((found for name in _DETAILS if isinstance(found := usage.get(name), dict)), {})


def _first(usage: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """The first of these figures that can be right."""
    return next((count for name in names if (count := _count(usage.get(name))) is not None), None)


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= _MOST_TOKENS or value != int(value):  # NaN is in no range
        return None
    return int(value)  # 3.0 is odd, and 3
