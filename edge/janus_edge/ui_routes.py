"""The built pages: the static export of `ui/`, wherever the API has no path of its own.

`install` adds them behind all other routes. Addresses are clean (`/chat` is `chat.html`), files go out as
they were compressed by the build, and hashed assets may be kept for ever.
"""

from dataclasses import dataclass
from mimetypes import guess_type
from os import stat_result
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from janus_mesh.errors import NotFound
from janus_mesh.http import not_modified

from .ui_policy import page_policy

_ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the better one first
_API = ("v1", "api")
_FOREVER = "public, max-age=31536000, immutable"


def install(app: FastAPI, folder: Path) -> None:
    """Serves the export in `folder`, which may come and go while the app runs."""
    app.router.routes.append(UiRoute(folder))


@dataclass(frozen=True, slots=True)
class UiFile:
    """One file of the export."""

    path: Path
    stat: stat_result
    status: int = 200


class UiRoute(BaseRoute):
    """Matches what the export holds; for the rest the app answers as if there were no pages."""

    path = "ui"  # what metrics call it

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return Match.NONE, {}
        file = self._find(scope["path"]) or self._missing(scope)
        if file is None and scope["path"] != "/":
            return Match.NONE, {}
        return Match.FULL, {"route": self, "ui_file": file}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        file: UiFile | None = scope["ui_file"]
        if file is None:
            raise NotFound("the pages are not built: run `make ui`; the API is described at /docs")
        await _response(file, Headers(scope=scope))(scope, receive, send)

    def _find(self, path: str) -> UiFile | None:
        parts = [part for part in path.split("/") if part]
        if any(part.startswith(".") or "\0" in part or "\\" in part for part in parts):
            return None
        if path.endswith(tuple(_ENCODINGS.values())):
            return None
        name = "/".join(parts) or "index.html"
        return self._file(name) or self._file(f"{name}.html")

    def _missing(self, scope: Scope) -> UiFile | None:
        """The page for people who follow a wrong link; programs get the API's error."""
        wants_page = "text/html" in Headers(scope=scope).get("accept", "")
        if not wants_page or scope["path"].split("/")[1] in _API:
            return None
        found = self._file("404.html")
        return UiFile(found.path, found.stat, status=404) if found else None

    def _file(self, name: str) -> UiFile | None:
        path = self._folder / name
        try:
            return UiFile(path, path.stat()) if path.is_file() else None
        except OSError:  # a name that is too long, for example
            return None


def _response(file: UiFile, request: Headers) -> Response:
    headers = _describe(file)
    served, encoding = _variant(file.path, request.get("accept-encoding", ""))
    headers["etag"] = f'"{file.stat.st_mtime_ns:x}-{file.stat.st_size:x}{encoding}"'
    headers["vary"] = "accept-encoding"
    if encoding:
        headers["content-encoding"] = encoding
    if file.status == 200 and not_modified(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return FileResponse(served, status_code=file.status, headers=headers, media_type=_media_type(file.path))


def _describe(file: UiFile) -> dict[str, str]:
    headers = {
        "cache-control": _FOREVER if "/_next/static/" in file.path.as_posix() else "no-cache",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }
    if file.path.suffix == ".html":
        headers["content-security-policy"] = page_policy(file.path, file.stat.st_mtime_ns)
    return headers


def _variant(path: Path, accepted: str) -> tuple[Path, str]:
    """The smallest form of the file that the client takes, and its encoding."""
    names = {
        name.strip()
        for name, _, quality in (word.partition(";") for word in accepted.lower().split(","))
        if quality.replace(" ", "") not in ("q=0", "q=0.0")
    }
    for encoding, suffix in _ENCODINGS.items():
        compressed = path.with_name(path.name + suffix)
        if encoding in names and compressed.is_file():
            return compressed, encoding
    return path, ""


def _media_type(path: Path) -> str:
    """Text says its encoding."""
    kind = guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
