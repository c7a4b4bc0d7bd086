"""What was metered for the attempt whose token is shown.

GET  /v1/usage         the figures so far
POST /v1/usage/close   closes the attempt and returns its final figures; the router calls it at the end
"""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from janus_mesh.errors import Unauthenticated
from janus_mesh.request_token import RequestToken

from .gate import Gate

# A competitor may answer in the moment in which its last call ends here.
_SETTLING_SECONDS = 0.5


def usage_routes(gate: Gate) -> APIRouter:
    """The account of one attempt. Asking is free and is no call of a service: no rate, no budget."""
    router = APIRouter(prefix="/v1")

    def token_of(request: Request) -> RequestToken:
        caller = gate.doorkeeper.recognise(request.headers)
        if caller.token is None:
            raise Unauthenticated("a request token is needed to name the attempt", code="token_missing")
        return caller.token

    @router.get("/usage")
    async def usage(request: Request) -> JSONResponse:
        account = gate.ledger.account(token_of(request))
        account.check_open()
        await account.settled(_SETTLING_SECONDS)
        return JSONResponse(account.body())

    @router.post("/usage/close")
    async def close(request: Request) -> JSONResponse:
        account = await gate.ledger.close(token_of(request))
        return JSONResponse(account.body())

    return router
