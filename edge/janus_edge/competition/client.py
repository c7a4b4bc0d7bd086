"""What the edge asks of the competition service, on the one peer that lives as long as the process."""

from typing import Any

import grpc

import janus_mesh as mesh
from janus_mesh.errors import NotFound, Unavailable, from_grpc
from janus_mesh.headers import outgoing_headers
from janus_proto._gen.janus.competition.v1 import (
    arena_pb2,
    arena_pb2_grpc,
    competition_pb2,
    competition_pb2_grpc,
    marketplace_pb2,
    marketplace_pb2_grpc,
)

_CALL_SECONDS = 15.0
_PUBLISH_SECONDS = 60.0
_TRY_SECONDS = 45.0


class CompetitionClient:
    """The service's calls. Every failure is raised as a `JanusError`; without a peer all is `NotFound`."""

    def __init__(self, peer: mesh.Peer | None) -> None:
        self._runs = peer and peer.stub(competition_pb2_grpc.CompetitionServiceStub)
        self._arena = peer and peer.stub(arena_pb2_grpc.ArenaServiceStub)
        self._marketplace = peer and peer.stub(marketplace_pb2_grpc.MarketplaceServiceStub)

    async def publish(self, bundle: bytes) -> competition_pb2.PublishRunResponse:
        request = competition_pb2.PublishRunRequest(bundle_json=bundle)
        reply: competition_pb2.PublishRunResponse
        reply = await _called(self._runs, "PublishRun", request, _PUBLISH_SECONDS)
        return reply

    async def run(self, run_id: str) -> competition_pb2.GetRunResponse:
        reply: competition_pb2.GetRunResponse
        reply = await _called(self._runs, "GetRun", competition_pb2.GetRunRequest(run_id=run_id))
        return reply

    async def leaderboard(self, suite: str) -> competition_pb2.GetLeaderboardResponse:
        reply: competition_pb2.GetLeaderboardResponse
        request = competition_pb2.GetLeaderboardRequest(suite=suite)
        reply = await _called(self._runs, "GetLeaderboard", request)
        return reply

    async def history(
        self, request: competition_pb2.ListHistoryRequest
    ) -> competition_pb2.ListHistoryResponse:
        reply: competition_pb2.ListHistoryResponse
        reply = await _called(self._runs, "ListHistory", request)
        return reply

    async def submit(
        self, request: competition_pb2.CreateSubmissionRequest
    ) -> competition_pb2.CreateSubmissionResponse:
        reply: competition_pb2.CreateSubmissionResponse
        reply = await _called(self._runs, "CreateSubmission", request)
        return reply

    async def submissions(self) -> competition_pb2.ListSubmissionsResponse:
        reply: competition_pb2.ListSubmissionsResponse
        reply = await _called(self._runs, "ListSubmissions", competition_pb2.ListSubmissionsRequest())
        return reply

    async def open_battle(self, request: arena_pb2.OpenBattleRequest) -> arena_pb2.OpenBattleResponse:
        reply: arena_pb2.OpenBattleResponse = await _called(self._arena, "OpenBattle", request)
        return reply

    async def begin_answer(self, request: arena_pb2.BeginAnswerRequest) -> arena_pb2.BeginAnswerResponse:
        reply: arena_pb2.BeginAnswerResponse = await _called(self._arena, "BeginAnswer", request)
        return reply

    async def record_answer(self, request: arena_pb2.RecordAnswerRequest) -> None:
        await _called(self._arena, "RecordAnswer", request)

    async def vote(self, request: arena_pb2.CastVoteRequest) -> arena_pb2.CastVoteResponse:
        reply: arena_pb2.CastVoteResponse = await _called(self._arena, "CastVote", request)
        return reply

    async def ratings(self) -> arena_pb2.ListRatingsResponse:
        reply: arena_pb2.ListRatingsResponse
        reply = await _called(self._arena, "ListRatings", arena_pb2.ListRatingsRequest())
        return reply

    async def components(self) -> marketplace_pb2.ListComponentsResponse:
        reply: marketplace_pb2.ListComponentsResponse
        request = marketplace_pb2.ListComponentsRequest()
        reply = await _called(self._marketplace, "ListComponents", request)
        return reply

    async def try_component(
        self, request: marketplace_pb2.TryComponentRequest
    ) -> marketplace_pb2.TryComponentResponse:
        reply: marketplace_pb2.TryComponentResponse
        reply = await _called(self._marketplace, "TryComponent", request, _TRY_SECONDS)
        return reply


async def _called(stub: Any, method: str, request: Any, seconds: float = _CALL_SECONDS) -> Any:
    if stub is None:
        raise NotFound(
            "this gateway has no competition service: JANUS_COMPETITION_URL is not set", code="no_competition"
        )
    try:
        metadata = tuple(outgoing_headers().items())
        return await getattr(stub, method)(request, timeout=seconds, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE and not error.trailing_metadata():
            raise Unavailable(
                "the competition service does not answer", code="competition_unavailable", retry_after=1.0
            ) from None
        raise from_grpc(error) from None
