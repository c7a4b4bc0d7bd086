"""Bodies of requests into types, and what is wrong with them into OpenAI's words."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from janus_mesh.errors import InvalidRequest
from janus_mesh.json_bounds import require_few_values

ModelT = TypeVar("ModelT", bound=BaseModel)


def parse(kind: type[ModelT], body: bytes) -> ModelT:
    """The body as this type; raises `InvalidRequest` that names the first field at fault."""
    require_few_values(body)
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise refusal_of(error) from None


def refusal_of(error: ValidationError) -> InvalidRequest:
    """What is wrong, with the first field at fault."""
    problem = error.errors(include_url=False, include_context=False)[0]
    param = param_of(problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    return InvalidRequest(f"{param}: {message}" if param else message, param=param)


def param_of(location: tuple[int | str, ...]) -> str:
    """`("messages", 0, "role")` as OpenAI writes it: `messages[0].role`."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return path.removeprefix(".")
