"""Battles: opened, answered without names, voted on."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from janus_edge.openapi import error_statuses
from janus_proto._gen.janus.competition.v1 import arena_pb2 as pb
from janus_proto._gen.janus.router.v1 import router_pb2

from . import shapes
from .blind_answer import ARENA_ANSWER_RESPONSES, BlindAnswer, Ring
from .posted import described, posted
from .schemas import AnswerRequest, ArenaRatings, Battle, NewBattle, NewVote, Reveal
from .visitor import Visitors

_ERRORS = error_statuses(400, 404, 408, 409, 413, 415, 429, 500, 503, 504)
_VERDICTS = {
    "left": pb.VERDICT_LEFT,
    "right": pb.VERDICT_RIGHT,
    "tie": pb.VERDICT_TIE,
    "both_bad": pb.VERDICT_BOTH_BAD,
}


def battle_routes(ring: Ring, visitors: Visitors) -> APIRouter:
    """What makes competitors work."""
    routes = APIRouter(prefix="/api/competition/arena", tags=["arena"])

    @routes.post(
        "/battles",
        summary="Open a battle",
        status_code=201,
        responses=_ERRORS | error_statuses(401),
        openapi_extra=described(NewBattle),
    )
    async def open_battle(
        request: Request, response: Response, body: Annotated[NewBattle, Depends(posted(NewBattle))]
    ) -> Battle:
        """Two healthy competitors are drawn; who they are is told after the vote."""
        client = visitors.client(request)
        client.browser = visitors.name_browser(request, response)
        healthy = await _healthy(ring)
        opened = await ring.client.open_battle(
            pb.OpenBattleRequest(prompt=body.prompt, competitor_ids=healthy, client=client)
        )
        return Battle(
            battle_id=opened.battle_id, token=opened.token, expires_at=shapes.time_of(opened.expires_at)
        )

    @routes.post(
        "/answers",
        summary="Stream one side's answer",
        responses=ARENA_ANSWER_RESPONSES,
        openapi_extra=described(AnswerRequest),
    )
    async def stream_answer(
        body: Annotated[AnswerRequest, Depends(posted(AnswerRequest))],
    ) -> Response:
        """Chunks as of a chat, with nothing in them but the answer's text. Once for each side."""
        return BlindAnswer(ring, body)

    return routes


def vote_routes(ring: Ring, visitors: Visitors) -> APIRouter:
    """What costs nobody anything."""
    routes = APIRouter(prefix="/api/competition/arena", tags=["arena"])

    @routes.post(
        "/votes",
        summary="Vote, and learn who they were",
        responses=_ERRORS,
        openapi_extra=described(NewVote),
    )
    async def cast_vote(request: Request, body: Annotated[NewVote, Depends(posted(NewVote))]) -> Reveal:
        vote = pb.CastVoteRequest(
            token=body.token, verdict=_VERDICTS[body.verdict], client=visitors.client(request)
        )
        voted = await ring.client.vote(vote)
        return Reveal(
            left=voted.left_competitor_id,
            right=voted.right_competitor_id,
            counted=voted.counted,
            reason=voted.reason,
        )

    @routes.get("/ratings", summary="Ratings by blind votes", responses=error_statuses(404, 500, 503, 504))
    async def get_ratings() -> ArenaRatings:
        return shapes.ratings(await ring.client.ratings())

    return routes


async def _healthy(ring: Ring) -> list[str]:
    listed = await ring.router.competitors()
    healthy = router_pb2.COMPETITOR_STATE_HEALTHY
    return [competitor.id for competitor in listed.competitors if competitor.state == healthy]
