"""What a client asks, with the two changes that the inference proxy shall see."""

from typing import Any

import orjson

from janus_mesh.errors import InvalidRequest

_BOUNDS = ("max_tokens", "max_completion_tokens")


class Conversation:
    """A chat completion request. The proxy checks its fields; here only what this room uses is."""

    def __init__(self, body: bytes) -> None:
        """Raises `InvalidRequest`."""
        self._fields = _object(body)
        messages = self._fields.get("messages")
        if not isinstance(messages, list) or not messages:
            raise InvalidRequest("messages must be a list of at least one message", param="messages")
        stream = self._fields.get("stream")
        if stream is not None and not isinstance(stream, bool):
            raise InvalidRequest("stream must be true or false", param="stream")
        self.streams = bool(stream)

    def for_inference(self, *, model: str, max_tokens: int) -> bytes:
        """The request with this model, if one is given, and with a bound if the client gave none."""
        changed = dict(self._fields)
        if model:
            changed["model"] = model
        if all(changed.get(bound) is None for bound in _BOUNDS):
            changed["max_completion_tokens"] = max_tokens
        return orjson.dumps(changed)


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not valid JSON: {error}") from None
    if not isinstance(fields, dict):
        raise InvalidRequest("the body must be a JSON object")
    return fields
