"""Pictures of a conversation, put into words before the model reads it."""

from typing import Any

import orjson

from janus_mesh.errors import InvalidRequest
from janus_platform.pictures.reading import PictureReader

# Said at the head of an answer, so that nobody takes it for sight.
NOTICE = "(This model cannot see. It was told each picture's size, colours and the text in it.)\n\n"
_MOST_PICTURES = 8


async def in_words(body: bytes, reader: PictureReader) -> tuple[bytes, int]:
    """The body with text in place of its pictures, and how many there were. Raises `InvalidRequest`.

    What is no well-formed conversation is left for the model's own parser to refuse.
    """
    if b'"image_url"' not in body:
        return body, 0
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body, 0
    found = list(_pictures(fields))
    if len(found) > _MOST_PICTURES:
        raise InvalidRequest(f"messages: at most {_MOST_PICTURES} pictures", param="messages")
    for parts, index, url, place in found:
        parts[index] = {"type": "text", "text": await reader.describe(url, place)}
    return (orjson.dumps(fields), len(found)) if found else (body, 0)


def _pictures(fields: Any) -> list[tuple[list[Any], int, str, str]]:
    """Where the pictures are: the list that holds each, its position, its URL, its place in the request."""
    messages = fields.get("messages") if isinstance(fields, dict) else None
    found: list[tuple[list[Any], int, str, str]] = []
    for m, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, dict) else None
        parts: list[Any] = content if isinstance(content, list) else []
        for p, part in enumerate(parts):
            image = part.get("image_url") if isinstance(part, dict) else None
            if isinstance(image, dict) and isinstance(image.get("url"), str):
                found.append((parts, p, image["url"], f"messages[{m}].content[{p}].image_url.url"))
    return found
