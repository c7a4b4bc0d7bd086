"""A page as its caller gets it, made of one that was downloaded."""

from dataclasses import dataclass
from typing import Literal

from janus_platform.worker.client import Worker

from .download import Downloaded

Format = Literal["markdown", "text", "raw"]
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
    try:
        return page.content.decode(page.charset or "utf-8", "replace")
    except LookupError:  # a charset that nobody knows
        return page.content.decode("utf-8", "replace")
