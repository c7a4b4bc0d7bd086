"""Bodies of the small POST routes: read within bounds, then parsed into one model."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from janus_edge.intake.bodies import Bodies
from janus_edge.record import RequestRecord
from janus_mesh import strict_json
from janus_mesh.errors import Cancelled, InvalidRequest
from janus_mesh.http import ClientLeft

_MOST_BYTES = 64 * 1024
_SECONDS = 10.0
ModelT = TypeVar("ModelT", bound=BaseModel)


def posted(model: type[ModelT]) -> Callable[[Request], Awaitable[ModelT]]:
    """A dependency that gives the body. Raises `InvalidRequest` naming the field at fault."""

    async def read(request: Request) -> ModelT:
        return _parsed(model, await raw_body(request, limit=_MOST_BYTES, seconds=_SECONDS))

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """What the OpenAPI document says of such a body; `openapi` adds the model itself."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def raw_body(request: Request, *, limit: int, seconds: float) -> bytes:
    """The body as it came."""
    bodies: Bodies = request.app.state.bodies
    try:
        with bodies.hold(request.scope) as held:
            return await held.read_json(request.receive, limit=limit, seconds=seconds)
    except ClientLeft:
        RequestRecord.of(request.scope).client_left = True
        raise Cancelled("the client left") from None


def _parsed(model: type[ModelT], body: bytes) -> ModelT:
    value = strict_json.parse(body)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        missing = first["type"] == "missing"
        raise InvalidRequest(
            f"{place or 'the body'}: {first['msg']}",
            param=place,
            code="missing_required_parameter" if missing else "",
        ) from None
