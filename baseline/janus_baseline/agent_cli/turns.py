"""A conversation's messages as turns: who spoke, what was said, which files came along."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from janus_mesh.errors import InvalidRequest

_DATA_URL = re.compile(r"data:(?P<mime>[^;,]*)(?:;[^;,]*)*?(?P<base64>;base64)?,(?P<data>.*)", re.DOTALL)
_SAFE_NAME = re.compile(r"[^\w.-]+")
_MOST_NAME_CHARACTERS = 100
_FILE = "file"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that the user sent: its own name, or one made for it, and its bytes still encoded."""

    name: str
    data: str = field(repr=False)
    place: str  # in the request

    def content(self) -> bytes:
        """The bytes. Raises `InvalidRequest` where they cannot be read."""
        found = _DATA_URL.fullmatch(self.data)
        try:
            if found is None:
                return base64.b64decode(self.data, validate=True)
            if found["base64"]:
                return base64.b64decode(found["data"], validate=True)
            return unquote_to_bytes(found["data"])
        except binascii.Error:
            raise InvalidRequest(f"{self.place} is no base64", param=self.place) from None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message."""

    role: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    links: tuple[str, ...] = ()  # addresses of pictures that did not come along

    @property
    def documents(self) -> tuple[Attachment, ...]:
        """Files, as opposed to what a model may see or hear by itself."""
        return tuple(one for one in self.attachments if one.place.endswith("file_data"))


def turns_of(messages: list[Any]) -> tuple[Turn, ...]:
    """The turns of a request's messages. Raises `InvalidRequest` for what is no message."""
    return tuple(_turn(message, f"messages[{position}]") for position, message in enumerate(messages))


def _turn(message: Any, place: str) -> Turn:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise InvalidRequest(f"{place} must be a message with a role", param=place)
    content = message.get("content")
    if isinstance(content, str):
        return Turn(message["role"], content)
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    text = "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    attachments, links = [], []
    for position, part in enumerate(parts):
        for found in _attached(part, f"{place}.content[{position}]"):
            if isinstance(found, Attachment):
                attachments.append(found)
            else:
                links.append(found)
    return Turn(message["role"], text, tuple(attachments), tuple(links))


def _attached(part: dict[str, Any], place: str) -> Iterator[Attachment | str]:
    """The file, picture or sound of a part; of a picture elsewhere its address."""
    kind = part.get("type")
    body = part.get(kind) if isinstance(kind, str) else None
    if not isinstance(body, dict):
        return
    if kind == _FILE and isinstance(data := body.get("file_data"), str):
        yield Attachment(_name(body.get("filename"), "file"), data, f"{place}.file.file_data")
    elif kind == "image_url" and isinstance(url := body.get("url"), str):
        found = _DATA_URL.fullmatch(url)
        if found is None:
            yield url
        else:
            ending = found["mime"].rpartition("/")[2].partition("+")[0] or "png"
            yield Attachment(_name(None, f"picture.{ending}"), url, f"{place}.image_url.url")
    elif kind == "input_audio" and isinstance(data := body.get("data"), str):
        name = _name(None, f"sound.{body.get('format') or 'wav'}")
        yield Attachment(name, data, f"{place}.input_audio.data")


def _name(given: Any, otherwise: str) -> str:
    """A plain file name, whatever was given."""
    wanted = given if isinstance(given, str) and given else otherwise
    last = wanted.replace("\\", "/").rpartition("/")[2]
    return _SAFE_NAME.sub("_", last).strip("._")[-_MOST_NAME_CHARACTERS:] or "file"
