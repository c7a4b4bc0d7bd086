"""Every refusal of an application looks like OpenAI's, and a wrong field is named as the caller spelt it."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from janus_mesh.errors import Internal, InvalidRequest, JanusError, NotFound

_PLACES = ("body", "query", "path")


def shape_errors(app: FastAPI) -> None:
    """Gives an application these handlers."""

    @app.exception_handler(JanusError)
    async def known(_: Request, error: JanusError) -> JSONResponse:
        retry = {"retry-after": str(max(1, round(error.retry_after)))} if error.retry_after else {}
        return JSONResponse(error.openai_body(), error.http_status, headers=retry)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"]]
        # Of JSON that is none, the place is a number: the character.
        field = (
            ".".join(place[1:] if place[0] in _PLACES else place) if first["type"] != "json_invalid" else ""
        )
        said = f"{field}: {first['msg']}" if field else f"the body is no JSON object: {first['msg']}"
        shaped = InvalidRequest(said, param=field)
        return JSONResponse(shaped.openai_body(), shaped.http_status)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        """What the framework refuses: unknown paths and methods."""
        said = f"{request.method} {request.url.path}: {error.detail}"
        shaped = NotFound(said) if error.status_code == 404 else InvalidRequest(said)
        return JSONResponse(shaped.openai_body(), error.status_code, headers=error.headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it

    @app.exception_handler(Exception)
    async def fault(_: Request, __: Exception) -> JSONResponse:
        error = Internal("internal error of the sandbox service; its log says more")
        return JSONResponse(error.openai_body(), error.http_status)
