"""A run as its bundle has it: the fields that are relied on here. Others are kept and not looked at."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=100)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", max_length=80)]
Text = Annotated[str, Field(max_length=300)]

WEIGHTS = {"quality": 45.0, "speed": 20.0, "cost": 15.0, "streaming": 10.0, "modality": 10.0}
ComponentName = Literal["quality", "speed", "cost", "streaming", "modality"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Figure(_Part):
    """A figure from 0 to 100 with its interval."""

    value: Share
    low: Share
    high: Share
    n: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0


class Component(Figure):
    """A part of the composite, measured on `n` tasks; on none, its figures say nothing."""

    weight: Share
    n: Annotated[int, Field(ge=0, le=1_000_000_000)]

    @property
    def measured(self) -> bool:
        return self.n > 0


class SuiteRef(_Part):
    """Which tasks, exactly."""

    name: Annotated[Id, Field(max_length=80)]
    digest: Annotated[str, Field(pattern=r"^[A-Za-z0-9:+/=_-]+$", max_length=128)]
    tasks: Annotated[int, Field(ge=1, le=1_000_000)]


class Target(_Part):
    """Who was measured. The address and model are not shown: they may be internal."""

    competitor_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", max_length=64)]


class Config(_Part):
    """What of the suite was chosen, and why the run ended before its last task."""

    benchmark: str | None = None
    subset: int | None = None
    stopped: str | None = None

    @property
    def whole_suite(self) -> bool:
        return self.benchmark is None and self.subset is None


class Score(_Part):
    """What one answer is worth."""

    value: Annotated[float, Field(ge=0, le=1)]


class Task(_Part):
    """How one task went."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    benchmark: Annotated[str, Field(max_length=100)]
    category: Annotated[str, Field(max_length=100)] = ""
    repeat: Annotated[int, Field(ge=0, le=10_000)] = 0
    score: Score | None = None
    error: object = None  # its words are the bench's own


class Run(_Part):
    """One run."""

    schema_version: Literal[1]
    id: Annotated[str, Field(pattern=r"^run_[A-Za-z0-9_-]+$", max_length=80)]
    created_at: AwareDatetime
    suite: SuiteRef
    target: Target
    config: Config = Config()
    components: dict[ComponentName, Component]
    composite: Figure
    benchmarks: dict[Text, Figure] = Field(default_factory=dict)
    tasks: Annotated[list[Task], Field(min_length=1, max_length=100_000)]
    content_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
