"""Text from elsewhere, made fit for logs, terminals and error messages."""

import unicodedata

# Bidirectional controls can make a line read as something else than it says.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, surrogates, line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def clean(text: str, limit: int) -> str:
    """The text on one line, without control characters, at most `limit` characters long."""
    head = text[: 4 * limit]  # enough to fill the limit; the rest is not worth a scan
    line = " ".join("".join(" " if is_control(one) else one for one in head).split())
    if len(line) <= limit and len(head) == len(text):
        return line
    return line[: limit - 1].rstrip() + "…"


def is_control(character: str) -> bool:
    """True for characters that steer a terminal or reorder text instead of being printed."""
    return character in _BIDI or unicodedata.category(character) in _UNPRINTABLE
