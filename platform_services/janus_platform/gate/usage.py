"""`GET /v1/usage`: what was metered for the request whose token is shown; the router asks at its end."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from janus_mesh.errors import Unauthenticated

from .gate import Gate

# A competitor may answer in the moment in which its last call ends here.
_SETTLING_SECONDS = 0.5


def usage_routes(gate: Gate) -> APIRouter:
    """The account of one request. Asking is free and is no call of a service."""
    router = APIRouter(prefix="/v1")

    @router.get("/usage")
    async def usage(request: Request) -> JSONResponse:
        caller = gate.doorkeeper.recognise(request.headers)
        if caller.token is None:
            raise Unauthenticated("a request token is needed to name the request", code="token_missing")
        account = gate.ledger.account(caller.token)
        await account.settled(_SETTLING_SECONDS)
        return JSONResponse(account.body())

    return router
