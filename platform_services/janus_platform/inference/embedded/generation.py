"""One generation: what is asked of llama.cpp's server, and its stream read into pieces of text."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

import httpx
import orjson

from janus_mesh.errors import InvalidRequest, JanusError, Unavailable

from . import function_call, prompt
from .request import ChatRequest, Function

# llama.cpp draws a seed of its own for the largest 32-bit number.
_SEEDS = 2**32 - 1
_Reads = AsyncGenerator[bytes, None]


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step of the model added."""

    text: str = ""
    logprobs: dict[str, Any] | None = None
    finish: str | None = None  # `stop` or `length`, in the last piece


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one generation."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Order:
    """A request for llama.cpp's server, and which field of the caller's brought its schema."""

    body: bytes
    schema_param: str


def order(request: ChatRequest, functions: list[Function], choice: int) -> Order:
    """What is asked for one choice: only fields that are named here reach the runtime."""
    turns = prompt.conversation(request.messages, function_call.instructions(functions) if functions else "")
    asked = {
        "messages": [{"role": turn.role, "content": turn.content} for turn in turns],
        "max_tokens": request.max_completion_tokens or request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "logit_bias": request.logit_bias or None,
        "logprobs": request.logprobs and not functions,
        "top_logprobs": request.top_logprobs if request.logprobs else None,
        "seed": None if request.seed is None else (request.seed + choice) % _SEEDS,
        "stop": request.stop or None,
        "response_format": _format(request, functions),
    }
    given = {name: value for name, value in asked.items() if value is not None}
    always = {
        # An answer that must come out the same again starts from the same state: nothing cached.
        "cache_prompt": request.temperature != 0 and request.seed is None,
        # The server notices that we left only when it writes to us, so it reports on each step of
        # reading the prompt, and streams whatever the caller wants.
        "stream": True,
        "return_progress": True,
        "stream_options": {"include_usage": True},
    }
    return Order(orjson.dumps(given | always), "tools" if functions else "response_format")


def _format(request: ChatRequest, functions: list[Function]) -> dict[str, Any] | None:
    if functions:
        schema = function_call.call_schema(functions)
        return {"type": "json_schema", "json_schema": {"name": "call", "schema": schema}}
    if request.response_format is None:
        return None
    return request.response_format.model_dump(by_alias=True, exclude_none=True)


async def generate(
    client: httpx.AsyncClient, order: Order, *, gap_timeout: float
) -> AsyncGenerator[Piece | Usage, None]:
    """The pieces as they are made, then the usage. Closing the iterator stops the model.

    Raises `InvalidRequest` when the model refuses the request, `Unavailable` when its process died.
    """
    try:
        async with client.stream(
            "POST", "/v1/chat/completions", content=order.body, timeout=gap_timeout
        ) as response:
            if response.status_code != 200:
                raise _refusal(await response.aread(), order.schema_param)
            part: Piece | Usage | None = None
            async with aclosing(_events(response)) as events:
                async for event in events:
                    if "error" in event:
                        raise Unavailable(f"the model failed: {event['error']}", code="model_failed")
                    for part in _parts(event):
                        yield part
            if not isinstance(part, Usage):
                raise Unavailable("the model stopped before the end", code="model_failed")
    except httpx.TransportError as error:
        raise Unavailable(
            f"the model's process broke off: {error!r}", code="model_unavailable", retry_after=1
        ) from error


async def _events(response: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    """The JSON of each SSE event; llama.cpp writes one `data:` line per event."""
    rest = b""
    async with aclosing(cast(_Reads, response.aiter_raw())) as reads:
        async for data in reads:
            *events, rest = (rest + data).split(b"\n\n")
            for event in events:
                if event.startswith(b"data: {"):
                    yield orjson.loads(event[6:])


def _parts(event: dict[str, Any]) -> list[Piece | Usage]:
    if "prompt_progress" in event:
        return []
    parts: list[Piece | Usage] = [
        Piece(choice["delta"].get("content") or "", choice.get("logprobs"), choice.get("finish_reason"))
        for choice in event["choices"]
    ]
    if usage := event.get("usage"):
        parts.append(Usage(usage["prompt_tokens"], usage["completion_tokens"]))
    return parts


def _refusal(body: bytes, schema_param: str) -> JanusError:
    """What llama.cpp said no to, in OpenAI's words."""
    error = orjson.loads(body)["error"]
    message: str = error["message"]
    if error.get("type") == "exceed_context_size_error":
        return InvalidRequest(
            f"this model's context is {error['n_ctx']} tokens, the messages have {error['n_prompt_tokens']}",
            param="messages",
            code="context_length_exceeded",
        )
    if error.get("code") != 400:
        return Unavailable(f"the model failed: {message}", code="model_failed")
    _, broken_schema, why = message.partition("JSON schema error ")
    if broken_schema:
        return InvalidRequest(f"the schema cannot be followed: {why}", param=schema_param)
    return InvalidRequest(message)
