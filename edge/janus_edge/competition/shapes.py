"""From the service's messages to what HTTP clients read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from janus_proto._gen.janus.competition.v1 import arena_pb2, competition_pb2, marketplace_pb2

from . import schemas


def time_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def leaderboard(reply: competition_pb2.GetLeaderboardResponse) -> schemas.Leaderboard:
    return schemas.Leaderboard(
        suite=_suite(reply.suite) if reply.suite.name else None,
        suites=list(reply.suites),
        entries=[_entry(entry) for entry in reply.entries],
    )


def history(reply: competition_pb2.ListHistoryResponse) -> schemas.History:
    return schemas.History(
        points=[
            schemas.HistoryPoint(
                run_id=point.run_id,
                competitor_id=point.competitor_id,
                suite=point.suite.name,
                at=time_of(point.measured_at),
                score=_score(point.composite),
            )
            for point in reply.points
        ]
    )


def run(reply: competition_pb2.GetRunResponse) -> schemas.RunDetail:
    return schemas.RunDetail(
        run_id=reply.run_id,
        competitor_id=reply.competitor_id,
        suite=_suite(reply.suite),
        measured_at=time_of(reply.created_at),
        published_at=time_of(reply.published_at),
        signed_by=reply.signed_by,
        score=_score(reply.composite),
        components=_components(reply.components),
        benchmarks={
            name: schemas.BenchmarkEstimate(value=figure.value, low=figure.low, high=figure.high, n=figure.n)
            for name, figure in reply.benchmarks.items()
        },
        tasks=[
            schemas.TaskOutcome(
                id=task.id,
                benchmark=task.benchmark,
                category=task.category,
                repeat=task.repeat,
                score=task.score if task.HasField("score") else None,
                failed=bool(task.error),
            )
            for task in reply.tasks
        ],
    )


def submission(stored: competition_pb2.Submission) -> schemas.StoredSubmission:
    measured = stored.status == competition_pb2.SUBMISSION_STATUS_MEASURED
    status: Literal["received", "measured"] = "measured" if measured else "received"
    return schemas.StoredSubmission(
        id=stored.id,
        name=stored.name,
        address=stored.address,
        transport=stored.transport,
        license=stored.license,
        description=stored.description,
        status=status,
        created_at=time_of(stored.created_at),
    )


def ratings(reply: arena_pb2.ListRatingsResponse) -> schemas.ArenaRatings:
    return schemas.ArenaRatings(
        ratings=[
            schemas.ArenaRating(
                competitor_id=place.competitor_id,
                rating=place.rating,
                low=place.low,
                high=place.high,
                votes=place.votes,
                wins=place.wins,
                ties=place.ties,
                copy_of=place.copy_of,
            )
            for place in reply.ratings
        ],
        votes=reply.votes,
        excluded=dict(reply.excluded),
    )


def marketplace(reply: marketplace_pb2.ListComponentsResponse) -> schemas.Marketplace:
    return schemas.Marketplace(
        components=[_component(component) for component in reply.components], trials_open=reply.trials_open
    )


def _component(component: marketplace_pb2.Component) -> schemas.MarketplaceComponent:
    sample, trial = component.sample, component.trial
    return schemas.MarketplaceComponent(
        id=component.id,
        name=component.name,
        summary=component.summary,
        category=component.category,
        kind=component.kind,
        contract=component.contract,
        source=component.source,
        address=component.address,
        operations=[schemas.NamedText(name=one.name, what=one.what) for one in component.operations],
        settings=[schemas.NamedText(name=one.name, what=one.what) for one in component.settings],
        versions=[
            schemas.ComponentVersion(version=one.version, notes=one.notes) for one in component.versions
        ],
        sample=schemas.ComponentSample(language=sample.language, code=sample.code),
        trial=schemas.ComponentTrial(label=trial.label, input=trial.input, note=trial.note, model=trial.model)
        if component.HasField("trial")
        else None,
    )


def _suite(suite: competition_pb2.Suite) -> schemas.SuiteVersion:
    return schemas.SuiteVersion(name=suite.name, digest=suite.digest, tasks=suite.tasks)


def _entry(entry: competition_pb2.LeaderboardEntry) -> schemas.LeaderboardEntry:
    return schemas.LeaderboardEntry(
        rank=entry.rank,
        tier=entry.tier,
        competitor_id=entry.competitor_id,
        run_id=entry.run_id,
        measured_at=time_of(entry.measured_at),
        runs=entry.runs,
        score=_score(entry.composite),
        components=_components(entry.components),
    )


def _score(figure: competition_pb2.Estimate) -> schemas.ScoreEstimate:
    return schemas.ScoreEstimate(value=figure.value, low=figure.low, high=figure.high)


def _components(
    figures: Mapping[str, competition_pb2.Estimate],
) -> dict[str, schemas.ComponentEstimate]:
    return {
        name: schemas.ComponentEstimate(
            value=figure.value, low=figure.low, high=figure.high, weight=figure.weight, n=figure.n
        )
        for name, figure in figures.items()
    }
