"""What a load client is told and what it tells back: the messages between driver and client."""

from dataclasses import dataclass, field

import orjson
from pydantic import TypeAdapter

from .figures import Quantiles
from .reader import Ending
from .script import Script

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a gateway takes chat completions, on loopback, and what it wants in a request."""

    port: int
    path: str = "/v1/chat/completions"
    model: str = "bench"
    owner: str = "bench"  # stands before the ids of its streams, so that the mock can tell whose they are
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, script: Script, *, stream: bool) -> bytes:
        prompt = {"role": "user", "content": str(script)}
        return orjson.dumps({"model": self.model, "stream": stream, "messages": [prompt]})

    def all_headers(self) -> dict[str, str]:
        return {"content-type": "application/json", "authorization": "Bearer sk-bench", **self.headers}

    def request(self, script: Script, *, stream: bool) -> bytes:
        """The bytes of a whole HTTP/1.1 request."""
        body = self.body(script, stream=stream)
        headers = {
            "host": f"{LOOPBACK}:{self.port}",
            "content-length": str(len(body)),
            **self.all_headers(),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Load:
    """Streams to open and how to look at them. Times in seconds.

    The steady state begins a moment after the last stream had its first token, so that it does not show how
    dear it is to open streams; a target that is too slow at that gets `steady_by`.
    """

    endpoint: Endpoint
    script: Script
    streams: int
    open_over: float  # streams are opened evenly over this time
    steady_by: float  # from the load's start
    steady: float  # length of the steady state: gaps, delays and `steady_tokens` are of it alone
    cut_after: float = 0.0  # what is still open that long after the steady state is closed
    repeat: bool = False  # each connection asks anew until the steady state ends
    leave_after: float | None = None  # the client leaves that long after asking
    stream: bool = True

    def to_json(self) -> bytes:
        return orjson.dumps(self)


@dataclass(frozen=True, slots=True)
class Steady:
    """When the steady state begins and ends (monotonic seconds); told as soon as it is known."""

    start: float
    end: float

    def to_json(self) -> bytes:
        return orjson.dumps(self)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the client saw."""

    endings: dict[Ending, int]
    faults: dict[str, int]
    tokens: int
    steady_tokens: int
    pings: int
    first_token: list[float]  # seconds from the request; of streams without one, how long they waited
    unanswered: int  # streams that had no token when they were cut
    gap: Quantiles | None
    delay: Quantiles | None
    left_at: dict[str, float]  # script id -> monotonic seconds

    def to_json(self) -> bytes:
        return orjson.dumps(self)


LOADS = TypeAdapter(Load)
STEADY_STATES = TypeAdapter(Steady)
OUTCOMES = TypeAdapter(Outcome)
