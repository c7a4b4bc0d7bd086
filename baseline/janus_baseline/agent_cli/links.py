"""Paths of an agent's files in its answer, turned into the addresses at which these are kept."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from .collection import FOLDER, Kept

_ROOT = FOLDER.rpartition("/")[0]
# The target of a Markdown link or picture, bare or in angle brackets.
_TARGET = re.compile(r"(?P<before>\]\(\s*<?)(?P<target>[^()<>\s]+|(?<=<)[^<>\n]+)(?P<after>>?[^()\n]*\))")
_SCHEMES = ("sandbox:", "file://", "./")


def linked(text: str, kept: Iterable[Kept]) -> str:
    """The text, with links to kept files leading to where they are kept."""
    urls = {one.path: one.url for one in kept}

    def resolved(match: re.Match[str]) -> str:
        url = urls.get(_path(match["target"]))
        return match[0] if url is None else f"{match['before']}{url}{match['after']}"

    return _TARGET.sub(resolved, text)


def _path(target: str) -> str:
    """What a link's target is below the artifacts, however it was written."""
    plain = unquote(target)
    for scheme in _SCHEMES:
        plain = plain.removeprefix(scheme)
    for root in (f"{FOLDER}/", f"{FOLDER.removeprefix(f'{_ROOT}/')}/"):
        if plain.startswith(root):
            return plain.removeprefix(root)
    return plain
