"""What is asked, what came back and what it is worth: the words that suites, runners and scorers share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A function that the answer wants called; `arguments` is the JSON text as it came, valid or not."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactBytes:
    """A file that came with the answer, fetched, and what its descriptor claimed of it."""

    name: str
    mime_type: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The typed error that an answer ended with, in OpenAI's words (`type`, `code`)."""

    type: str
    code: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that one answer said. What failed half-way keeps what came before its `failure`."""

    content: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    artifacts: tuple[ArtifactBytes, ...] = ()
    finish_reason: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question of a suite.

    `request` is an OpenAI request body without `model` and `stream`. `scoring` names a scorer by its `kind`
    and holds its parameters. `accepted` and `rejected` are answers whose verdict is known; they prove the
    scorer, and are never sent.
    """

    id: str
    benchmark: str
    category: str
    request: Mapping[str, Any]
    scoring: Mapping[str, Any]
    accepted: tuple[Answer, ...]
    rejected: tuple[Answer, ...] = ()
    modalities: frozenset[str] = frozenset({"text"})
    source: str = "janus"
    licence: str = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What an answer is worth, from 0 to 1, and why, in words for people."""

    value: float
    explanation: str
    details: Mapping[str, Any] = field(default_factory=dict)


class Scoring(Protocol):
    """Judges answers. Never raises for what an answer says.

    Raises `ScoringUnavailable` for what it lacks itself.
    """

    async def score(self, task: Task, answer: Answer) -> Score: ...


class ScoringUnavailable(Exception):
    """A task cannot be judged here, for want of a sandbox or a judge; says which."""
