"""A page as its caller gets it, made of one that was downloaded."""

import codecs
from dataclasses import dataclass
from typing import Literal

from janus_platform.worker.client import Worker

from .download import Downloaded

Format = Literal["markdown", "text", "raw"]
# Python has these, and their decoders take minutes for a large page, or fail whatever the error handler.
_NOT_OF_PAGES = frozenset(
    (
        "idna",
        "punycode",
        "unicode_escape",
        "raw-unicode-escape",
        "raw_unicode_escape",
        "unicode-escape",
        "undefined",
        "utf-7",
    )
)
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Page:
    """Title and text of a page, the whole of it."""

    title: str
    text: str


class Reader:
    """Makes text of pages; HTML is read in a process of its own."""

    def __init__(self, extractor: Worker) -> None:
        self._extractor = extractor

    async def read(self, page: Downloaded, form: Format) -> Page:
        """Raises `UpstreamFailed` when the page cannot be read."""
        if form == "raw" or page.content_type not in _HTML:
            return Page("", _decoded(page))
        said, text = await self._extractor.ask({"url": page.url, "format": form}, page.content)
        return Page(str(said["title"]), text.decode())


def _decoded(page: Downloaded) -> str:
    return page.content.decode(_charset(page.charset), "replace")


def _charset(said: str) -> str:
    """The codec for a charset that a server names; UTF-8 for one that no page is in."""
    try:
        name = codecs.lookup(said or "utf-8").name
        "".encode(name)  # fails for codecs that are not of text, such as `zip`
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if name in _NOT_OF_PAGES else name
