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
# What an event costs beside its bytes, so that empty ones cannot go on for ever. The same as in link credit.
EVENT_COST: Final = 16
# Fields without a schema, all of one event together. Whoever checks them parses them: 256 KiB of nested lists
# take 0.1 s of the event loop, 4 MiB would take 2 s. A step's payload may be longer: only the edge parses it.
MAX_JSON_BYTES: Final = 256 * 1024
MAX_STEP_JSON_BYTES: Final = 1024 * 1024


class AnswerLimits:
    """Counts one answer against its bounds.

    A choice's index must be below the number of choices asked for: 0 alone when the request names none.

    Args:
        choices: `n` of the request; 0 or 1 allow one choice.
        max_bytes: bound of all events together, in bytes as they are on the wire and `EVENT_COST` for each.
    """

    __slots__ = ("_artifacts", "_bytes_left", "_choices", "_max_bytes")

    def __init__(self, choices: int, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._choices = min(max(1, choices), MAX_CHOICES)
        self._max_bytes = self._bytes_left = max_bytes
        self._artifacts = 0

    def check(self, event: event_pb2.ChatEvent) -> None:
        """Checks and counts one event. Raises `CompetitorFailed` when it exceeds a bound."""
        size = event.ByteSize()
        self.count(size)
        if size > MAX_JSON_BYTES:
            _check_json(event)
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
        """Counts an event of `size` bytes that needs no check. Raises `CompetitorFailed` beyond the bound."""
        self._bytes_left -= size + EVENT_COST
        if self._bytes_left < 0:
            raise CompetitorFailed(f"the answer is longer than {self._max_bytes} bytes")


def _check_json(event: event_pb2.ChatEvent) -> None:
    extras = event.extras
    texts = [extras.chunk_json, extras.choice_json, extras.delta_json]
    match event.WhichOneof("payload"):
        case "tool_call":
            texts.append(event.tool_call.extra_json)
        case "artifact":
            texts.append(event.artifact.extra_json)
        case "usage":
            texts.append(event.usage.extra_json)
        case "finish":
            texts.append(event.finish.usage.extra_json)
        case "janus":
            _check_size("payload_json", [event.janus.payload_json], MAX_STEP_JSON_BYTES)
    _check_size("unknown fields", texts, MAX_JSON_BYTES)


def _check_size(what: str, texts: list[str], limit: int) -> None:
    size = sum(len(text.encode()) for text in texts)
    if size > limit:
        raise CompetitorFailed(f"an event has {size} bytes of {what}; {limit} are allowed")
