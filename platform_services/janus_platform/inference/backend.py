"""What an inference backend is: something that answers OpenAI's calls, or says why it cannot yet."""

from dataclasses import dataclass
from typing import Literal, Protocol

from janus_platform.reply import Reply

from .call import Call, CallRecord


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a backend can answer now."""

    status: Literal["ok", "loading", "failed"]
    backend: str
    model: str  # empty when the caller's own choice is used
    reason: str = ""

    def body(self) -> dict[str, str]:
        """As `/health` shows it."""
        said = {"status": self.status, "backend": self.backend, "model": self.model, "reason": self.reason}
        return {name: value for name, value in said.items() if value}


class Backend(Protocol):
    """Answers each call on its `reply`, and notes in `record` the tokens that it took.

    Cancelled when the caller leaves, and then stops all work at once. Every failure is raised as a
    `JanusError`.
    """

    name: str

    def health(self) -> Health: ...

    async def chat(self, call: Call, reply: Reply, record: CallRecord) -> None:
        """`POST /v1/chat/completions`."""

    async def responses(self, call: Call, reply: Reply, record: CallRecord) -> None:
        """`POST /v1/responses`; `NotFound` where that is not spoken."""

    async def messages(self, call: Call, reply: Reply, record: CallRecord) -> None:
        """`POST /v1/messages`, Anthropic's API; `NotFound` where that is not spoken."""

    async def embeddings(self, call: Call, reply: Reply, record: CallRecord) -> None:
        """`POST /v1/embeddings`; `NotFound` where there are none."""

    async def images(self, call: Call, reply: Reply, record: CallRecord) -> None:
        """`POST /v1/images/generations`; `NotFound` where there are none."""

    async def models(self, reply: Reply, record: CallRecord) -> None:
        """`GET /v1/models`."""
