"""`CompetitionService`: runs, leaderboard, history, submissions."""

import asyncio
from collections.abc import Collection

from janus_competition.clients import Pseudonyms
from janus_competition.runs import bundle
from janus_competition.runs.ranking import Entry, ranked
from janus_competition.runs.record import WEIGHTS, Figure, Task
from janus_competition.runs.repository import Runs, RunSummary
from janus_competition.runs.signature import PublicKey
from janus_competition.submissions import form
from janus_competition.submissions.repository import Entered, Submissions
from janus_mesh import logs
from janus_mesh.errors import NotFound
from janus_mesh.unary import Context, answering
from janus_proto._gen.janus.competition.v1 import competition_pb2 as pb
from janus_proto._gen.janus.competition.v1 import competition_pb2_grpc

SERVICE = pb.DESCRIPTOR.services_by_name["CompetitionService"].full_name
_HISTORY, _MOST_HISTORY = 200, 2_000
_LISTED, _MOST_LISTED = 100, 500

log = logs.get("competition.runs")


class CompetitionApi(competition_pb2_grpc.CompetitionServiceServicer):
    """Serves what the two repositories hold."""

    def __init__(
        self,
        runs: Runs,
        submissions: Submissions,
        pseudonyms: Pseudonyms,
        trusted: Collection[PublicKey],
    ) -> None:
        self._runs = runs
        self._submissions = submissions
        self._pseudonyms = pseudonyms
        self._trusted = trusted

    @answering
    async def PublishRun(self, request: pb.PublishRunRequest, _: Context) -> pb.PublishRunResponse:
        # A bundle may have many megabytes, which take longer than other calls should have to wait.
        opened = await asyncio.to_thread(bundle.opened, request.bundle_json, self._trusted)
        created = await self._runs.add(opened, request.bundle_json)
        log.info(
            "run published",
            run=opened.run.id,
            competitor=opened.run.target.competitor_id,
            signed_by=opened.signed_by.fingerprint,
            created=created,
        )
        return pb.PublishRunResponse(run_id=opened.run.id, created=created)

    @answering
    async def GetRun(self, request: pb.GetRunRequest, _: Context) -> pb.GetRunResponse:
        summary, run = await self._runs.get(request.run_id)
        return pb.GetRunResponse(
            run_id=summary.id,
            competitor_id=summary.competitor_id,
            suite=_suite(summary),
            created_at=summary.created_at,
            published_at=summary.published_at,
            signed_by=summary.signed_by,
            composite=_estimate(summary.composite),
            components=_components(summary),
            benchmarks={name: _estimate(figure) for name, figure in summary.benchmarks.items()},
            tasks=[_task(task) for task in run.tasks],
        )

    @answering
    async def GetLeaderboard(
        self, request: pb.GetLeaderboardRequest, _: Context
    ) -> pb.GetLeaderboardResponse:
        suites = dict(await self._runs.suites())
        if not suites and not request.suite:
            return pb.GetLeaderboardResponse()
        name = request.suite or next(iter(suites))
        if name not in suites:
            raise NotFound(f"no run of the suite {name!r} is published", param="suite")
        runs = await self._runs.of_suite(name, suites[name])
        return pb.GetLeaderboardResponse(
            suite=_suite(runs[0]), suites=sorted(suites), entries=[_entry(entry) for entry in ranked(runs)]
        )

    @answering
    async def ListHistory(self, request: pb.ListHistoryRequest, _: Context) -> pb.ListHistoryResponse:
        runs = await self._runs.history(
            suite=request.suite,
            competitor_id=request.competitor_id,
            limit=min(request.limit or _HISTORY, _MOST_HISTORY),
        )
        return pb.ListHistoryResponse(points=[_point(run) for run in runs])

    @answering
    async def CreateSubmission(
        self, request: pb.CreateSubmissionRequest, _: Context
    ) -> pb.CreateSubmissionResponse:
        entered = await self._submissions.add(
            form.checked(request.submission), self._pseudonyms.of(request.client)
        )
        log.info("submission received", submission=entered.id, name=entered.name)
        return pb.CreateSubmissionResponse(submission=_submission(entered, frozenset()))

    @answering
    async def ListSubmissions(
        self, request: pb.ListSubmissionsRequest, _: Context
    ) -> pb.ListSubmissionsResponse:
        newest = await self._submissions.newest(min(request.limit or _LISTED, _MOST_LISTED))
        measured = await self._runs.measured()
        return pb.ListSubmissionsResponse(submissions=[_submission(entered, measured) for entered in newest])


def _suite(run: RunSummary) -> pb.Suite:
    return pb.Suite(name=run.suite, digest=run.suite_digest, tasks=run.suite_tasks)


def _estimate(figure: Figure, weight: float = 0.0) -> pb.Estimate:
    return pb.Estimate(value=figure.value, low=figure.low, high=figure.high, weight=weight, n=figure.n)


def _components(run: RunSummary) -> dict[str, pb.Estimate]:
    return {name: _estimate(figure, WEIGHTS[name]) for name, figure in run.components.items()}


def _task(task: Task) -> pb.TaskResult:
    return pb.TaskResult(
        id=task.id,
        benchmark=task.benchmark,
        category=task.category,
        repeat=task.repeat,
        score=None if task.score is None else task.score.value,
        error="failed" if task.error else "",
    )


def _entry(entry: Entry) -> pb.LeaderboardEntry:
    run = entry.run
    return pb.LeaderboardEntry(
        rank=entry.rank,
        tier=entry.tier,
        competitor_id=run.competitor_id,
        run_id=run.id,
        measured_at=run.created_at,
        runs=entry.runs,
        composite=_estimate(run.composite),
        components=_components(run),
    )


def _point(run: RunSummary) -> pb.HistoryPoint:
    return pb.HistoryPoint(
        run_id=run.id,
        competitor_id=run.competitor_id,
        suite=_suite(run),
        measured_at=run.created_at,
        composite=_estimate(run.composite),
    )


def _submission(entered: Entered, measured: Collection[str]) -> pb.Submission:
    taken_up = entered.name in measured
    return pb.Submission(
        id=entered.id,
        name=entered.name,
        address=entered.address,
        transport=entered.transport,
        license=entered.license,
        description=entered.description,
        status=pb.SUBMISSION_STATUS_MEASURED if taken_up else pb.SUBMISSION_STATUS_RECEIVED,
        created_at=entered.created_at,
    )
