"""Limits on one answer, so that a competitor cannot make the edge hold without bound.

The shim has limits of the same size for HTTP competitors; a native one reaches the edge without a shim.
"""

from typing import Final

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2

MAX_CHOICES: Final = 128  # as many as OpenAI's `n` allows
MAX_TOOL_CALLS: Final = 128  # per choice, as many as OpenAI accepts tools
MAX_ARTIFACTS: Final = 512  # of an answer that is not streamed; each becomes a signed link
MAX_FINISH_REASON_CHARS: Final = 64

# Rough memory of one parsed JSON value beside its text, bytes.
_BYTES_PER_VALUE: Final = 32


def require_choice(index: int) -> None:
    """Raises `CompetitorFailed` for a choice index that no request can have asked for."""
    if index >= MAX_CHOICES:
        raise CompetitorFailed(f"the competitor's choice index {index} is not below {MAX_CHOICES}")


def require_tool_call(call: event_pb2.ToolCallDelta) -> None:
    """Raises `CompetitorFailed` for a tool call index beyond the limit."""
    if call.index >= MAX_TOOL_CALLS:
        raise CompetitorFailed(f"the competitor's tool call index {call.index} is not below {MAX_TOOL_CALLS}")


def parsed_bytes(json_text: str) -> int:
    """Estimates the memory that JSON text takes once it is parsed; for `[{},{},...]` 20 times its length."""
    return _BYTES_PER_VALUE * sum(map(json_text.count, ",:{["))
