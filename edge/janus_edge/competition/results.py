"""Runs, leaderboard, history and submissions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from janus_edge.openapi import error_statuses
from janus_edge.settings import EdgeSettings
from janus_proto._gen.janus.competition.v1 import competition_pb2 as pb

from . import shapes
from .client import CompetitionClient
from .posted import described, posted, raw_body
from .schemas import (
    History,
    Leaderboard,
    NewSubmission,
    PublishedRun,
    RunBundle,
    RunDetail,
    StoredSubmission,
    Submissions,
)
from .visitor import Visitors

_READ = error_statuses(400, 404, 500, 503, 504)
_WRITE = _READ | error_statuses(408, 409, 413, 415, 429)
_Name = Annotated[str, Query(max_length=80)]


def publishing_routes(client: CompetitionClient, settings: EdgeSettings) -> APIRouter:
    """Where benches hand their runs in."""
    routes = APIRouter(prefix="/api/competition", tags=["competition"])

    @routes.post(
        "/runs",
        summary="Publish a signed run",
        status_code=201,
        responses={200: {"description": "The same run is here already.", "model": PublishedRun}}
        | _WRITE
        | error_statuses(401, 403),
        openapi_extra=described(RunBundle),
    )
    async def publish_run(request: Request, response: Response) -> PublishedRun:
        """Only runs that are signed by a key that the operator trusts are taken in."""
        body = await raw_body(request, limit=settings.max_body_bytes, seconds=settings.body_timeout)
        published = await client.publish(body)
        response.status_code = 201 if published.created else 200
        return PublishedRun(run_id=published.run_id, status="published" if published.created else "unchanged")

    return routes


def result_routes(client: CompetitionClient, visitors: Visitors) -> APIRouter:
    """What everybody may read, and the form that everybody may send."""
    routes = APIRouter(prefix="/api/competition", tags=["competition"])

    @routes.get("/leaderboard", summary="Who leads", responses=_READ)
    async def get_leaderboard(suite: _Name = "") -> Leaderboard:
        """On the suite that was measured last, unless one is named."""
        return shapes.leaderboard(await client.leaderboard(suite))

    @routes.get("/history", summary="Scores over time", responses=_READ)
    async def get_history(
        suite: _Name = "", competitor: _Name = "", limit: Annotated[int, Query(ge=1, le=2000)] = 200
    ) -> History:
        asked = pb.ListHistoryRequest(suite=suite, competitor_id=competitor, limit=limit)
        return shapes.history(await client.history(asked))

    @routes.get("/runs/{run_id}", summary="One run, task by task", responses=_READ)
    async def get_run(run_id: str) -> RunDetail:
        return shapes.run(await client.run(run_id))

    @routes.get("/submissions", summary="Who is entered", responses=_READ)
    async def list_submissions() -> Submissions:
        listed = await client.submissions()
        return Submissions(submissions=[shapes.submission(stored) for stored in listed.submissions])

    @routes.post(
        "/submissions",
        summary="Enter a competitor",
        status_code=201,
        responses=_WRITE,
        openapi_extra=described(NewSubmission),
    )
    async def create_submission(
        request: Request, body: Annotated[NewSubmission, Depends(posted(NewSubmission))]
    ) -> StoredSubmission:
        asked = pb.CreateSubmissionRequest(
            submission=pb.Submission(**body.model_dump()), client=visitors.client(request)
        )
        return shapes.submission((await client.submit(asked)).submission)

    return routes
