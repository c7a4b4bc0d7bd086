"""The process that reads pages: `python -m janus_platform.fetch.extractor`, a worker."""

from typing import Any

from janus_platform.worker.serving import serve

_MEMORY_BYTES = 1536 * 1024 * 1024


def extract(asked: dict[str, Any], page: bytes) -> tuple[dict[str, Any], bytes]:
    """The readable text of an HTML page, as `markdown` or `text`, and its title."""
    import trafilatura  # loaded by the first page, not by whoever imports this module

    document = trafilatura.load_html(page)
    if document is None:
        return {"title": ""}, b""
    title = document.findtext(".//title") or ""
    text = trafilatura.extract(
        document,
        url=asked["url"],
        output_format="markdown" if asked["format"] == "markdown" else "txt",
        include_links=asked["format"] == "markdown",
        include_tables=True,
        include_comments=False,
    )
    # A page without an article in it, such as a list of links, still has words.
    text = text or trafilatura.html2txt(page)
    return {"title": " ".join(title.split())[:500]}, (text or "").encode("utf-8", "replace")


if __name__ == "__main__":
    serve(extract, memory_bytes=_MEMORY_BYTES)
