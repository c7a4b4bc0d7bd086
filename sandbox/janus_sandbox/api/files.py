"""Files of a sandbox. What the paths lead to is looked up inside, under the sandbox's own user."""

import asyncio
import base64
import binascii
import os
from typing import Any

from fastapi import APIRouter, Query

from janus_mesh.errors import InvalidRequest, PayloadTooLarge
from janus_sandbox.sandboxes import Sandboxes
from janus_sandbox.settings import SandboxSettings

from .wire import Path, WriteRequest


def file_routes(settings: SandboxSettings, sandboxes: Sandboxes) -> APIRouter:
    routes = APIRouter(prefix="/sandboxes/{sandbox_id}/files")
    most = settings.sandbox_max_file_bytes

    @routes.post("/write")
    async def write(sandbox_id: str, asked: WriteRequest) -> dict[str, Any]:
        """Replaces a file wholly or not at all, making its folders."""
        _, box = sandboxes.running(sandbox_id)
        content = _content(asked)
        if len(content) > most:
            raise PayloadTooLarge(f"content: larger than {most} bytes", param="content")
        await box.write(asked.path, content, asked.mode)
        return {"path": asked.path, "size": len(content)}

    @routes.get("/read")
    async def read(sandbox_id: str, path: Path = Query(), encoding: str = "") -> dict[str, Any]:
        """A file's content: as text when it is UTF-8 and nothing else was asked for, else as base64."""
        if encoding not in ("", "utf-8", "base64"):
            raise InvalidRequest("encoding: utf-8 or base64", param="encoding")
        _, box = sandboxes.running(sandbox_id)
        content = await asyncio.to_thread(_read_all, await box.open(path), most)
        return {"path": path, "size": len(content), **_encoded(content, encoding)}

    @routes.get("/list")
    async def entries(sandbox_id: str, path: Path = Query("/workspace")) -> dict[str, Any]:
        """A folder's entries by name; links are not followed."""
        _, box = sandboxes.running(sandbox_id)
        found = await box.list(path)
        return {
            "path": path,
            "files": [one.name for one in found],  # as Sandy has it
            "entries": [
                {"name": one.name, "type": one.type, "size": one.size, "modified": one.modified}
                for one in found
            ],
        }

    return routes


def _content(asked: WriteRequest) -> bytes:
    if asked.encoding == "utf-8":
        try:
            return asked.content.encode()
        except UnicodeEncodeError:
            raise InvalidRequest("content: holds half of a character", param="content") from None
    try:
        return base64.b64decode(asked.content, validate=True)
    except binascii.Error:
        raise InvalidRequest("content: is no base64", param="content") from None


def _encoded(content: bytes, encoding: str) -> dict[str, str]:
    if encoding != "base64":
        try:
            return {"content": content.decode(), "encoding": "utf-8"}
        except UnicodeDecodeError:
            if encoding == "utf-8":
                raise InvalidRequest("encoding: the file is no UTF-8", param="encoding") from None
    return {"content": base64.b64encode(content).decode("ascii"), "encoding": "base64"}


def _read_all(descriptor: int, most: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise PayloadTooLarge(f"the file is larger than {most} bytes", param="path")
    return content
