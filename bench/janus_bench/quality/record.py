"""A run as it is written down: one JSON document whose hash covers everything in it.

`run.schema.json` beside this file is the JSON Schema of it, generated from these types. Canonical JSON
(sorted keys, no spaces, UTF-8, no NaN) is what is hashed and signed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from janus_mesh.errors import InvalidRequest

from .observation import EventKind, Usage
from .task import Failure, Score, ToolCall
from .timing import Timing

SCHEMA_VERSION: Literal[1] = 1
_MOST_BYTES = 512 * 1024 * 1024

Percent = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Stop = Literal["interrupted", "cost_limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRecord:
    """What was asked: `tasks` counts those chosen, which a stopped run did not all reach."""

    name: str
    digest: str
    tasks: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRecord:
    """Who was asked."""

    url: str
    transport: Literal["http", "grpc"]
    competitor_id: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How it was asked. `stopped` says why a run ended before its last task."""

    benchmark: str | None = None
    subset: int | None = None
    concurrency: int = 4
    repeat: int = 1
    limit_cost_usd: float | None = None
    timeout_s: float = 300.0
    judge: str | None = None
    stopped: Stop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What asked: versions of the software, and the machine."""

    versions: Mapping[str, str]
    machine: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure from 0 to 100 with its 95 % interval."""

    value: Percent
    low: Percent
    high: Percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Component(Interval):
    """One part of the composite: its weight in it, and how many tasks it was measured on."""

    weight: float
    n: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """The parts of the composite."""

    quality: Component
    speed: Component
    cost: Component
    streaming: Component
    modality: Component


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark(Interval):
    """Quality within one benchmark, on `n` tasks."""

    n: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactRecord:
    """A file that came: what was claimed of it, and what it really was."""

    name: str
    mime_type: str
    claimed_sha256: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """What was answered."""

    content: str
    reasoning: str
    tool_calls: tuple[ToolCall, ...]
    artifacts: tuple[ArtifactRecord, ...]
    finish_reason: str | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """One question and its answer. `error` says why it could not be scored here; `score` is None then."""

    id: str
    benchmark: str
    category: str
    modalities: tuple[str, ...]
    repeat: Annotated[int, Field(ge=0)]
    request: Mapping[str, Any]
    answer: AnswerRecord
    events: tuple[tuple[float, EventKind, int], ...]
    timing: Timing
    usage: Usage | None
    cost_usd: float | None
    score: Score | None
    error: str | None
    competitor_id: str = ""  # who answered; empty where nobody said

    @property
    def worth(self) -> float:
        """From 0 to 1; what was not scored is worth nothing here."""
        return 0.0 if self.score is None else min(1.0, max(0.0, self.score.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The whole document."""

    schema_version: Literal[1] = SCHEMA_VERSION
    id: Annotated[str, Field(pattern=r"^run_[0-9a-z_]{8,64}$")]
    created_at: str
    suite: SuiteRecord
    target: TargetRecord
    config: Config
    seed: int
    environment: Environment
    components: Components
    composite: Interval
    benchmarks: Mapping[str, Benchmark]
    tasks: tuple[TaskRecord, ...]
    content_sha256: str = field(default="")


RUNS = TypeAdapter(Run)
TASKS = TypeAdapter(TaskRecord)


def canonical(document: object) -> bytes:
    """The one spelling of a JSON document; raises ValueError for what JSON cannot say."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode()


def content_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 of everything but the hash itself, in lower-case hex."""
    content = {name: value for name, value in document.items() if name != "content_sha256"}
    return hashlib.sha256(canonical(content)).hexdigest()


def as_document(run: Run) -> dict[str, Any]:
    """The run as JSON holds it, with its hash."""
    document: dict[str, Any] = json.loads(orjson.dumps(asdict(run)))
    return {**document, "content_sha256": content_hash(document)}


def write(run: Run, path: Path) -> dict[str, Any]:
    """Writes the document whole or not at all, and returns it."""
    document = as_document(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(canonical(document) + b"\n")
    unfinished.replace(path)
    return document


def read_document(path: Path) -> dict[str, Any]:
    """The JSON object in a file; raises `InvalidRequest` naming the file."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidRequest(f"{path} is too large for a run", param=str(path))
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{path} cannot be read: {error}", param=str(path)) from None
    if not isinstance(document, dict):
        raise InvalidRequest(f"{path} holds no JSON object", param=str(path))
    return document


def parse(document: Mapping[str, Any]) -> Run:
    """Raises `InvalidRequest` naming the first field at fault, or the hash."""
    try:
        run = RUNS.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(f"{where}: {first['msg']}", param=where) from None
    if content_hash(document) != run.content_sha256:
        raise InvalidRequest("the content is not what content_sha256 says", param="content_sha256")
    return run


def read(path: Path) -> Run:
    """A run from a file, or from the bundle in it."""
    document = read_document(path)
    return parse(document["run"] if "run" in document and "signature" in document else document)
