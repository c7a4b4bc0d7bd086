"""What `/openapi.json` says beyond the routes themselves: bodies, statuses, and no 422."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from janus_mesh.openai import request_schema

from . import steps
from .competition.schemas import POSTED
from .schemas import ChatCompletion, ChatCompletionChunk, ErrorResponse

Responses = dict[int | str, dict[str, Any]]

_MEANINGS = {
    400: "The request is wrong; `param` names the field.",
    401: "No valid API key.",
    403: "Not allowed.",
    404: "No such model, competitor or thing.",
    405: "The path has no such method.",
    408: "The request body came too slowly.",
    409: "It contradicts what is already there.",
    410: "The artifact has expired.",
    413: "The request body is too large.",
    415: "The request body is not said to be JSON.",
    416: "The range lies outside of the artifact.",
    429: "Too many requests, or no room now; see `retry-after`.",
    500: "A fault of the gateway.",
    502: "The competitor failed.",
    503: "No competitor or no router can be reached.",
    504: "The competitor, or the whole answer, took too long.",
}

_REQUEST_SCHEMA = request_schema()
_REQUEST_PARTS: dict[str, Any] = _REQUEST_SCHEMA.pop("$defs", {})
_REQUEST_NAME = "ChatCompletionRequest"

_REF = "#/components/schemas/{model}"


def _schema(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": _REF.format(model=name)}}


CHAT_REQUEST = {
    "parameters": [
        {
            "name": steps.HEADER,
            "in": "header",
            "required": False,
            "schema": {"type": "string", "enum": [place.value for place in steps.Steps]},
            "description": "Where a stream has its steps and artifacts: in `delta.janus` (the default), in "
            "the chunk's `janus` beside `choices` (the default for stream helpers of client libraries), or "
            "nowhere.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": _schema(_REQUEST_NAME)},
    },
}


def error_statuses(*statuses: int) -> Responses:
    """Those error responses, for a route's `responses`."""
    return {
        status: {"description": _MEANINGS[status], "content": {"application/json": _schema("ErrorResponse")}}
        for status in statuses
    }


_EVENT_DATA = {
    "type": "string",
    "contentMediaType": "application/json",
    "contentSchema": {
        "anyOf": [
            {"$ref": _REF.format(model="ChatCompletionChunk")},
            {"$ref": _REF.format(model="ErrorResponse")},
        ]
    },
}
_EVENT_SCHEMA = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"anyOf": [{"const": "[DONE]"}, _EVENT_DATA]}},
}

CHAT_RESPONSES: Responses = {
    200: {
        "description": "The completion, or its stream when `stream` is true: `data:` lines with chunks, "
        "`: ping` comments while silent, `data: [DONE]` at the end. An error after the first byte is "
        "one `data:` line with an error object, and no `[DONE]` follows.",
        "content": {
            "application/json": _schema("ChatCompletion"),
            "text/event-stream": {"schema": _EVENT_SCHEMA},
        },
    },
    **error_statuses(400, 401, 403, 404, 408, 413, 415, 429, 500, 502, 503, 504),
}

_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
ARTIFACT_RESPONSES: Responses = {
    200: {"description": "The artifact, in its own media type.", "content": _BYTES},
    206: {"description": "The range that was asked for.", "content": _BYTES},
    304: {"description": "The client has it already."},
    **error_statuses(400, 401, 404, 410, 416, 500, 502, 503, 504),
}
# A HEAD has no bodies, those of errors included.
ARTIFACT_HEAD_RESPONSES: Responses = {
    status: {"description": response["description"]} for status, response in ARTIFACT_RESPONSES.items()
}


def install(app: FastAPI) -> None:
    """Makes the app describe itself so."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            app.openapi_schema = _completed(document)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _answer_schemas() -> dict[str, Any]:
    """Of the bodies that no route declares as its model, since it reads or builds them itself."""
    models: list[type[BaseModel]] = [ChatCompletion, ChatCompletionChunk, ErrorResponse, *POSTED]
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in models]
    _, document = models_json_schema(modes, ref_template=_REF)
    schemas: dict[str, Any] = document["$defs"]
    return schemas


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    schemas |= _REQUEST_PARTS | {_REQUEST_NAME: _REQUEST_SCHEMA} | _answer_schemas()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        operation["responses"].pop("422", None)  # the edge says 400, as OpenAI does
    return document
