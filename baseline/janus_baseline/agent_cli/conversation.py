"""What a client asks: the request as the inference proxy shall see it, and what decides its path."""

from functools import cached_property
from typing import Any

import orjson

from janus_mesh.errors import InvalidRequest
from janus_mesh.json_bounds import require_few_values

from .turns import Turn, turns_of

_BOUNDS = ("max_tokens", "max_completion_tokens")
DEMAND = "janus_path"


class Conversation:
    """A chat completion request. The proxy checks its fields; here only what this room uses is."""

    def __init__(self, body: bytes) -> None:
        """Raises `InvalidRequest`."""
        self._fields = _object(body)
        messages = self._fields.get("messages")
        if not isinstance(messages, list) or not messages:
            raise InvalidRequest("messages must be a list of at least one message", param="messages")
        self._messages = messages
        stream = self._fields.get("stream")
        if stream is not None and not isinstance(stream, bool):
            raise InvalidRequest("stream must be true or false", param="stream")
        self.streams = bool(stream)

    @property
    def model(self) -> str:
        """The model asked for; empty when none is named."""
        model = self._fields.get("model")
        return model if isinstance(model, str) else ""

    @property
    def wants_usage(self) -> bool:
        """Whether a stream is to end with its figures."""
        options = self._fields.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True

    @property
    def demand(self) -> str:
        """The path that `metadata.janus_path` asks for; empty when it asks for none."""
        metadata = self._fields.get("metadata")
        asked = metadata.get(DEMAND, "") if isinstance(metadata, dict) else ""
        return asked if isinstance(asked, str) else repr(asked)

    @property
    def bound_to_the_model(self) -> str:
        """The field that only a model can honour, and no agent; empty when there is none."""
        form = self._fields.get("response_format")
        if isinstance(form, dict) and form.get("type") not in (None, "text"):
            return "response_format"
        several = self._fields.get("n")
        if isinstance(several, int) and several > 1:
            return "n"
        return next((name for name in ("tools", "functions") if self._fields.get(name)), "")

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """The messages, oldest first. Raises `InvalidRequest`."""
        return turns_of(self._messages)

    @property
    def question(self) -> Turn:
        """What the user said last."""
        asked = (turn for turn in reversed(self.turns) if turn.role == "user")
        return next(asked, self.turns[-1])

    def for_inference(self, *, model: str, max_tokens: int) -> bytes:
        """The request with this model, if one is given, and with a bound if the client gave none."""
        changed = dict(self._fields)
        if model:
            changed["model"] = model
        if all(changed.get(bound) is None for bound in _BOUNDS):
            changed["max_completion_tokens"] = max_tokens
        return orjson.dumps(changed)


def _object(body: bytes) -> dict[str, Any]:
    require_few_values(body)
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not valid JSON: {error}") from None
    if not isinstance(fields, dict):
        raise InvalidRequest("the body must be a JSON object")
    return fields
