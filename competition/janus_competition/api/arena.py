"""`ArenaService`."""

from janus_competition.arena.arena import Arena
from janus_competition.arena.ballots import Verdict
from janus_competition.arena.standings import Standing
from janus_competition.clients import Pseudonyms
from janus_mesh.errors import InvalidRequest
from janus_mesh.unary import Context, answering
from janus_proto._gen.janus.competition.v1 import arena_pb2 as pb
from janus_proto._gen.janus.competition.v1 import arena_pb2_grpc

SERVICE = pb.DESCRIPTOR.services_by_name["ArenaService"].full_name

_SIDES: dict[int, str] = {pb.SIDE_LEFT: "left", pb.SIDE_RIGHT: "right"}
_VERDICTS: dict[int, Verdict] = {
    pb.VERDICT_LEFT: Verdict.LEFT,
    pb.VERDICT_RIGHT: Verdict.RIGHT,
    pb.VERDICT_TIE: Verdict.TIE,
    pb.VERDICT_BOTH_BAD: Verdict.BOTH_BAD,
}


class ArenaApi(arena_pb2_grpc.ArenaServiceServicer):
    """Serves one arena."""

    def __init__(self, arena: Arena, pseudonyms: Pseudonyms) -> None:
        self._arena = arena
        self._pseudonyms = pseudonyms

    @answering
    async def OpenBattle(self, request: pb.OpenBattleRequest, _: Context) -> pb.OpenBattleResponse:
        battle, token = await self._arena.open(
            request.prompt, request.competitor_ids, self._pseudonyms.of(request.client)
        )
        return pb.OpenBattleResponse(battle_id=battle.id, token=token, expires_at=battle.expires_at)

    @answering
    async def BeginAnswer(self, request: pb.BeginAnswerRequest, _: Context) -> pb.BeginAnswerResponse:
        competitor_id, prompt = await self._arena.begin(request.token, _side(request.side))
        return pb.BeginAnswerResponse(competitor_id=competitor_id, prompt=prompt)

    @answering
    async def RecordAnswer(self, request: pb.RecordAnswerRequest, _: Context) -> pb.RecordAnswerResponse:
        await self._arena.record(request.token, _side(request.side), request.text, complete=request.complete)
        return pb.RecordAnswerResponse()

    @answering
    async def CastVote(self, request: pb.CastVoteRequest, _: Context) -> pb.CastVoteResponse:
        if request.verdict not in _VERDICTS:
            raise InvalidRequest("verdict: must be given", param="verdict")
        voted = await self._arena.vote(
            request.token, _VERDICTS[request.verdict], self._pseudonyms.of(request.client)
        )
        return pb.CastVoteResponse(
            left_competitor_id=voted.battle.left,
            right_competitor_id=voted.battle.right,
            counted=not voted.excluded,
            reason=voted.excluded,
        )

    @answering
    async def ListRatings(self, _: pb.ListRatingsRequest, __: Context) -> pb.ListRatingsResponse:
        known = await self._arena.standings()
        return pb.ListRatingsResponse(
            ratings=[_rating(place) for place in known.places], votes=known.votes, excluded=known.excluded
        )


def _side(side: int) -> str:
    if side not in _SIDES:
        raise InvalidRequest("side: must be left or right", param="side")
    return _SIDES[side]


def _rating(place: Standing) -> pb.Rating:
    return pb.Rating(
        competitor_id=place.competitor_id,
        rating=place.strength.rating,
        low=place.strength.low,
        high=place.strength.high,
        votes=place.votes,
        wins=place.wins,
        ties=place.ties,
        copy_of=place.copy_of,
    )
