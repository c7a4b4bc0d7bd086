"""The commands that agents call: search, fetch, vectors, artifact; each one call of the platform services.

They print what a model can read, and say what went wrong on standard error with status 1.
"""

import argparse
import json
import mimetypes
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Optional

_SECONDS = 60


class Refused(Exception):
    """A call that did not work, in words for the agent."""


def search(options: argparse.Namespace) -> str:
    found = _json("/v1/search", {"query": " ".join(options.words), "limit": options.limit})
    hits = [f"{hit['title']}\n{hit['url']}\n{hit['snippet']}" for hit in found["results"]]
    return f"Source: {found['source']}\n\n" + ("\n\n".join(hits) or "Nothing was found.")


def fetch(options: argparse.Namespace) -> str:
    return page(options.url, options.characters)


def page(url: str, characters: int = 20_000) -> str:
    """A page's text under its title and address. Raises `Refused`."""
    found = _json("/v1/fetch", {"url": url, "max_chars": characters})
    more = "\n\n(The page goes on.)" if found["truncated"] else ""
    return f"{found['title']}\n{found['url']} (status {found['status']})\n\n{found['text']}{more}"


def vectors(options: argparse.Namespace) -> str:
    place = f"/v1/vectors/{urllib.parse.quote(options.collection, safe='')}"
    text = " ".join(options.words)
    if options.deed == "add":
        _json(f"{place}/upsert", {"documents": [{"text": text}]})
        return "Kept."
    found = _json(f"{place}/search", {"query": text, "limit": options.limit})
    return "\n\n".join(match["text"] for match in found["matches"]) or "Nothing was found."


def artifact(options: argparse.Namespace) -> str:
    path = Path(options.file)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    query = urllib.parse.urlencode({"name": path.name, "ttl_seconds": options.ttl})
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    kept = _call(f"/v1/artifacts?{query}", content, kind)
    return json.dumps(kept, indent=2)


def _json(path: str, body: dict[str, Any]) -> dict[str, Any]:
    return _call(path, json.dumps(body).encode(), "application/json")


def _call(path: str, body: bytes, kind: str) -> dict[str, Any]:
    """The platform's answer. Raises `Refused`."""
    request = urllib.request.Request(  # noqa: S310  # the platform's own address
        os.environ["JANUS_PLATFORM_URL"] + path, data=body, headers={"content-type": kind}
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=_SECONDS) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        raise Refused(_reason(error)) from None
    except (OSError, ValueError) as error:
        raise Refused(f"the platform services did not answer: {error}") from None
    return dict(found)


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {error.code}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="janus")
    tools = parser.add_subparsers(required=True)

    one = tools.add_parser("search", prog="janus-search", description="Finds pages about something.")
    one.add_argument("words", nargs="+")
    one.add_argument("--limit", type=int, default=5)
    one.set_defaults(work=search)

    one = tools.add_parser(
        "fetch", prog="janus-fetch", description="Reads one page of the public web as text."
    )
    one.add_argument("url")
    one.add_argument("--characters", type=int, default=20_000, help="of its text at most")
    one.set_defaults(work=fetch)

    one = tools.add_parser(
        "vectors", prog="janus-vectors", description="Keeps texts and finds them by meaning."
    )
    one.add_argument("deed", choices=("add", "search"))
    one.add_argument("words", nargs="+")
    one.add_argument("--collection", default="notes")
    one.add_argument("--limit", type=int, default=5)
    one.set_defaults(work=vectors)

    one = tools.add_parser(
        "artifact", prog="janus-artifact", description="Keeps a file; prints its descriptor."
    )
    one.add_argument("file")
    one.add_argument("--ttl", type=int, default=86_400, help="seconds that it is kept")
    one.set_defaults(work=artifact)
    return parser


def main(words: Optional[list[str]] = None) -> int:
    options = _parser().parse_args(words)
    try:
        print(options.work(options))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
