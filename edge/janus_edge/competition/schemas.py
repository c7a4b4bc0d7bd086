"""What travels over HTTP here. Times are ISO 8601 in UTC; figures of scores go from 0 to 100."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(strict=True, extra="forbid")


Text = Annotated[str, Field(max_length=2_000)]


class ScoreEstimate(BaseModel):
    """A figure with its 95% confidence interval."""

    value: float
    low: float
    high: float


class ComponentEstimate(ScoreEstimate):
    """A part of the score."""

    weight: float = Field(description="What it weighs, of 100.")
    n: int = Field(description="Observations behind it; 0 where not said.")


class BenchmarkEstimate(ScoreEstimate):
    """The score of one benchmark."""

    n: int = Field(description="Observations behind it; 0 where not said.")


class SuiteVersion(BaseModel):
    """A version of a suite; runs of different digests are not compared."""

    name: str
    digest: str
    tasks: int


class LeaderboardEntry(BaseModel):
    """One competitor's place."""

    rank: int
    tier: int = Field(description="Entries that cannot be told apart share one; 1 is the best.")
    competitor_id: str
    run_id: str
    measured_at: str
    runs: int = Field(description="Its runs on this version of the suite; the latest counts.")
    score: ScoreEstimate
    components: dict[str, ComponentEstimate] = Field(description="Those that were measured.")


class Leaderboard(BaseModel):
    """The ranking on one suite; without a suite when nothing is published."""

    suite: SuiteVersion | None
    suites: list[str]
    entries: list[LeaderboardEntry]


class HistoryPoint(BaseModel):
    """One run's score."""

    run_id: str
    competitor_id: str
    suite: str
    at: str
    score: ScoreEstimate


class History(BaseModel):
    """Scores over time, the oldest first."""

    points: list[HistoryPoint]


class TaskOutcome(BaseModel):
    """How one task went."""

    id: str
    benchmark: str
    category: str
    repeat: int
    score: float | None = Field(description="From 0 to 1; null when it was not scored.")
    failed: bool


class RunDetail(BaseModel):
    """A run with all its figures."""

    run_id: str
    competitor_id: str
    suite: SuiteVersion
    measured_at: str
    published_at: str
    signed_by: str = Field(description="Fingerprint of the key.")
    score: ScoreEstimate
    components: dict[str, ComponentEstimate]
    benchmarks: dict[str, BenchmarkEstimate]
    tasks: list[TaskOutcome]


class RunBundle(BaseModel):
    """A signed run: Ed25519 over the canonical JSON of `run`."""

    format: Literal["janus-bench-bundle/1"]
    run: dict[str, object]
    public_key: str = Field(description="Raw key in base64.")
    signature: str = Field(description="In base64.")


class PublishedRun(BaseModel):
    """What became of a bundle."""

    run_id: str
    status: Literal["published", "unchanged"]


class NewSubmission(Body):
    """A competitor to be entered."""

    name: Text = Field(description="Small letters, digits and dashes.")
    address: Text = Field(description="http(s)://, grpc://, or an image's reference.")
    transport: Text = Field(description="`http`, `grpc` or `image`.")
    license: Text = Field(description="SPDX identifier, or `proprietary`.")
    description: Text = Field(description="What it is good at, in a sentence.")
    contact: Text = Field(description="E-mail address; never shown.")


class StoredSubmission(BaseModel):
    """An entry as everybody sees it."""

    id: str
    name: str
    address: str
    transport: str
    license: str
    description: str
    status: Literal["received", "measured"]
    created_at: str


class Submissions(BaseModel):
    """The newest first."""

    submissions: list[StoredSubmission]


class NewBattle(Body):
    """A question for two."""

    prompt: Annotated[str, Field(min_length=1, max_length=8_000)]


class Battle(BaseModel):
    """Who meets whom is told after the vote."""

    battle_id: str
    token: str = Field(description="Entitles to both answers and to one vote.")
    expires_at: str


BattleToken = Annotated[str, Field(min_length=1, max_length=1_000)]


class AnswerRequest(Body):
    """One side of a battle."""

    token: BattleToken
    side: Literal["left", "right"]


class NewVote(Body):
    """What a reader says of a battle."""

    token: BattleToken
    verdict: Literal["left", "right", "tie", "both_bad"]


class Reveal(BaseModel):
    """Who they were."""

    left: str
    right: str
    counted: bool
    reason: str = Field(description="Why the vote does not count, such as `identical_answers`; else empty.")


class ArenaRating(BaseModel):
    """Where one competitor stands: 400 points are odds of 10 to 1; the mean is 1000."""

    competitor_id: str
    rating: float
    low: float
    high: float
    votes: int
    wins: int
    ties: int
    copy_of: str = Field(description="With whom it is rated as one; empty when it is its own.")


class ArenaRatings(BaseModel):
    """The best first."""

    ratings: list[ArenaRating]
    votes: int = Field(description="Votes that count.")
    excluded: dict[str, int] = Field(description="Votes that do not, by reason.")


class NamedText(BaseModel):
    """A name and what is behind it."""

    name: str
    what: str


class ComponentVersion(BaseModel):
    """One version."""

    version: str
    notes: str


class ComponentSample(BaseModel):
    """How it is used."""

    language: str
    code: str


class ComponentTrial(BaseModel):
    """How it can be tried: with a model in a chat, or by a call of its own."""

    label: str
    input: str
    note: str
    model: str = Field(description="To chat with; empty when the component itself is called.")


class MarketplaceComponent(BaseModel):
    """Something to build on."""

    id: str
    name: str
    summary: str
    category: str
    kind: str
    contract: str
    source: str
    address: str
    operations: list[NamedText]
    settings: list[NamedText]
    versions: list[ComponentVersion]
    sample: ComponentSample
    trial: ComponentTrial | None


class Marketplace(BaseModel):
    """The catalogue."""

    components: list[MarketplaceComponent]
    trials_open: bool = Field(description="Whether components can be called from here.")


class NewTrial(Body):
    """What a visitor gives a component."""

    input: Annotated[str, Field(min_length=1, max_length=2_000)]


class TrialResult(BaseModel):
    """What came back."""

    output: str
    call: str
    seconds: float
    truncated: bool


POSTED: tuple[type[BaseModel], ...] = (RunBundle, NewSubmission, NewBattle, AnswerRequest, NewVote, NewTrial)
