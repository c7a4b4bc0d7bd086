"""The code of an answer: what stands in its fences, or all of it when there are none."""

import re

_FENCE = re.compile(
    r"^[ \t]{0,3}```[ \t]*([A-Za-z0-9_+.#-]{0,30})[^\n]{0,200}\n(.*?)(?:^[ \t]{0,3}```[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PYTHON = ("", "python", "python3", "py")


def code_in(text: str, entry: str | None) -> str:
    """The last Python block that defines `entry`, else the last one; the text when nothing is fenced."""
    if "```" not in text:
        return text
    blocks = [found[2] for found in _FENCE.finditer(text) if found[1].lower() in _PYTHON]
    if entry is not None:
        blocks = [block for block in blocks if defines(block, entry)] or blocks
    return blocks[-1] if blocks else ""


def defines(code: str, name: str) -> bool:
    """Whether code defines a name at its outermost level, by its text: parsing it is not safe here."""
    return (
        re.search(rf"(?m)^(?:async\s+def\s+|def\s+|class\s+){name}\b|^{name}\s*(?::[^=\n]{{1,200}})?=", code)
        is not None
    )
