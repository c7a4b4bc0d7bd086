r"""LaTeX in answers, turned into the plain text that the scorers read.

Models write `$9{,}500$`, `\frac{3}{4}` or `\boxed{\text{B}}` where people write 9,500, 3/4 or B. Only what
concerns numbers and letters is converted; everything else stays as it is. Time is linear in the text.
"""

import re

_MOST_BOXED = 200  # characters; a final answer is short

_FRACTION = re.compile(
    r"(?P<whole>(?<![\d.])\d{1,9}\s?)?\\[dtc]?frac\s?"
    r"(?:\{\s?(?P<above>[-+]?[\d.,]{1,40})\s?\}|(?P<digit_above>\d))\s?"
    r"(?:\{\s?(?P<below>[\d.,]{1,40})\s?\}|(?P<digit_below>\d))"
)
_WRAPPED = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mbox|operatorname)\s?\{([^{}]{0,200})\}")
_GROUPS = re.compile(r"(?<=\d)(?:\{,\}|\\,|\\!,?|\\[ ;:])(?=\d{3}(?!\d))")
_SYMBOLS = re.compile(r"\\([$%&#_])|\\(?:left|right|displaystyle)(?![A-Za-z])|\\[!,;:]")


def plain(text: str) -> str:
    """The text with numbers and names in LaTeX written plainly."""
    if "\\" not in text and "{,}" not in text:
        return text
    text = _GROUPS.sub(",", text)
    text = _WRAPPED.sub(r"\1", text)
    text = _FRACTION.sub(_as_division, text)
    return _SYMBOLS.sub(lambda found: found[1] or "", text)


def boxed(text: str) -> list[str]:
    r"""What stands in each `\boxed{...}`, braces inside it balanced."""
    found = []
    start = 0
    while (at := text.find(r"\boxed", start)) >= 0:
        start = at + len(r"\boxed")
        opening = re.compile(r"\s?\{").match(text, start)
        if opening is None:
            continue
        inside = _until_closed(text, opening.end())
        if inside is not None:
            found.append(inside)
            start = opening.end() + len(inside)
    return found


def _until_closed(text: str, start: int) -> str | None:
    depth = 1
    for position in range(start, min(len(text), start + _MOST_BOXED)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if not depth:
            return text[start:position]
    return None


def _as_division(found: re.Match[str]) -> str:
    r"""`\frac{3}{4}` as 3/4, and the mixed number `1\frac{1}{2}` as 3/2."""
    above = (found["above"] or found["digit_above"]).replace(",", "")
    below = (found["below"] or found["digit_below"]).replace(",", "")
    whole = (found["whole"] or "").strip()
    if whole and above.isdigit() and below.isdigit():
        above = str(int(whole) * int(below) + int(above))
    elif whole:
        return found[0]
    return f"{above}/{below}"
