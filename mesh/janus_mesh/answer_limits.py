"""Bounds of one answer, the same for every competitor that speaks the mesh's own protocol.

The shim keeps equal bounds for HTTP competitors. Whoever reads from a native one calls `AnswerLimits`,
because everything behind it (the edge, a client, a page) keeps something for each choice, tool call and
artifact.
"""

from typing import Final

from janus_proto._gen.janus.chat.v1 import event_pb2

from .errors import CompetitorFailed

# One event as it is on the wire, and one message of a peer, which carries one event or a load of small ones.
MAX_EVENT_BYTES: Final = 4 * 1024 * 1024
MAX_MESSAGE_BYTES: Final = MAX_EVENT_BYTES + 1024 * 1024

MAX_CHOICES: Final = 128  # whatever `n` of the request says
MAX_TOOL_CALLS: Final = 128  # per choice: an index is below it
MAX_ARTIFACTS: Final = 128  # per answer
MAX_ANSWER_BYTES: Final = 256 * 1024 * 1024


class AnswerLimits:
    """Counts one answer against its bounds.

    A choice's index must be below the number of choices asked for: 0 alone when the request names none.

    Args:
        choices: `n` of the request; 0 or 1 allow one choice.
        max_bytes: bound of all events together, in bytes as they are on the wire.
    """

    __slots__ = ("_artifacts", "_bytes_left", "_choices", "_max_bytes")

    def __init__(self, choices: int, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._choices = min(max(1, choices), MAX_CHOICES)
        self._max_bytes = self._bytes_left = max_bytes
        self._artifacts = 0

    def check(self, event: event_pb2.ChatEvent) -> None:
        """Checks and counts one event. Raises `CompetitorFailed` when it exceeds a bound."""
        self.count(event.ByteSize())
        if event.choice >= self._choices:
            raise CompetitorFailed(
                f"choice {event.choice} was sent, but only choices below {self._choices} were asked for"
            )
        match event.WhichOneof("payload"):
            case "tool_call":
                if event.tool_call.index >= MAX_TOOL_CALLS:
                    raise CompetitorFailed(f"tool_call.index must be below {MAX_TOOL_CALLS}")
            case "artifact":
                self._artifacts += 1
                if self._artifacts > MAX_ARTIFACTS:
                    raise CompetitorFailed(f"the answer has more than {MAX_ARTIFACTS} artifacts")

    def count(self, size: int) -> None:
        """Counts `size` bytes of content that needs no check. Raises `CompetitorFailed` beyond the bound."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise CompetitorFailed(f"the answer is longer than {self._max_bytes} bytes")
