"""Janus's own additions to OpenAI's chunks, from JSON to their messages: artifacts and steps."""

from typing import Any

from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

from .json_fields import (
    Object,
    reject,
    rest,
    take_count,
    take_object,
    take_text,
    take_text_or_empty,
)

_MAX_UINT32 = 2**32 - 1
_ARTIFACT_TYPES = frozenset(("image", "file", "dataset", "binary"))
_SHA256_DIGITS = 64


def artifact(source: Object, where: str) -> pb.Artifact:
    """One artifact descriptor: `id` and `url` are required, the rest must be well-formed where present."""
    message = pb.Artifact(
        id=_required_text(source, "id", where),
        type=take_text_or_empty(source, "type", where),
        mime_type=take_text_or_empty(source, "mime_type", where),
        display_name=take_text_or_empty(source, "display_name", where),
        size_bytes=take_count(source, "size_bytes", where) or 0,
        sha256=take_text_or_empty(source, "sha256", where).lower(),
        created_at=take_text_or_empty(source, "created_at", where),
        ttl_seconds=take_count(source, "ttl_seconds", where, _MAX_UINT32) or 0,
        url=_required_text(source, "url", where),
    )
    if message.type and message.type not in _ARTIFACT_TYPES:
        reject(f"{where}.type", f"one of {', '.join(sorted(_ARTIFACT_TYPES))}", message.type)
    if message.sha256 and not _is_sha256(message.sha256):
        reject(f"{where}.sha256", "64 hexadecimal digits", message.sha256)
    message.extra_json = rest(source)
    return message


def janus(source: Object, where: str) -> pb.ChatEvent:
    """A `delta.janus` object: an artifact, or a step. Fields beside `payload` are added to it."""
    event = _required_text(source, "event", where)
    payload = take_object(source, "payload", where) or {}
    if event == "artifact":
        return pb.ChatEvent(artifact=artifact(payload, f"{where}.payload"))
    return pb.ChatEvent(janus=pb.JanusEvent(event=event, payload_json=rest({**source, **payload})))


def _required_text(source: Object, key: str, where: str) -> str:
    value: Any = take_text(source, key, where)
    if not value:
        reject(f"{where}.{key}", "a non-empty string", value)
    return str(value)


def _is_sha256(text: str) -> bool:
    return len(text) == _SHA256_DIGITS and all(digit in "0123456789abcdef" for digit in text)
