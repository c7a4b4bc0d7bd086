"""The model behind the agent: OpenAI's API at the platform's inference proxy."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import openai
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from janus_mesh import traces
from janus_mesh.errors import (
    CompetitorRejected,
    DeadlineExceeded,
    InvalidRequest,
    RateLimited,
    Unavailable,
)
from janus_mesh.headers import REQUEST_ID, TOKEN
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb

from .odd_chunks import ChunkReader
from .settings import LangChainSettings

REASONING = "reasoning_content"
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")


class ReasoningChatOpenAI(ChatOpenAI):
    """`ChatOpenAI` that keeps reasoning, which the original drops, and reads what other providers send."""

    _reader: ChunkReader = PrivateAttr(default_factory=ChunkReader)

    async def _astream(self, *asked: Any, **named: Any) -> AsyncIterator[ChatGenerationChunk]:
        self._reader = ChunkReader()  # a model serves one request, whose turns follow one another
        async for made in super()._astream(*asked, **named):
            yield made
        if rest := self._reader.rest():
            yield ChatGenerationChunk(message=AIMessageChunk(content=rest))

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], *rest: Any, **named: Any
    ) -> ChatGenerationChunk | None:
        chunk = self._reader.read(chunk)
        made = super()._convert_chunk_to_generation_chunk(chunk, *rest, **named)
        choices = chunk["choices"] or [{}]
        reasoning = (choices[0].get("delta") or {}).get(REASONING)
        if made is not None and isinstance(reasoning, str):
            made.message.additional_kwargs[REASONING] = reasoning
        return made


class Models:
    """Models for requests, all over the same connections."""

    def __init__(self, settings: LangChainSettings, http: httpx2.AsyncClient) -> None:
        self._settings = settings
        self._base = ReasoningChatOpenAI(
            model="any",
            base_url=settings.inference_url,
            api_key=SecretStr(settings.openai_api_key.get_secret_value() or "none"),
            http_async_client=http,
            max_retries=0,  # the router retries, and knows what was delivered
            timeout=settings.total_timeout,
            stream_chunk_timeout=settings.gap_timeout,
            stream_usage=True,
        )

    def for_request(self, request: pb.ChatRequest, request_id: str, token: str) -> ReasoningChatOpenAI:
        """The model that a request asks for, with its settings, on its account. Raises `InvalidRequest`."""
        if request.HasField("n") and request.n > 1:
            raise InvalidRequest("n: this competitor gives one answer", param="n")
        said = {field.name: value for field, value in request.ListFields()}
        given = {name: said[name] for name in _SAMPLING if name in said}
        bound = said.get("max_completion_tokens") or said.get("max_tokens") or self._settings.max_tokens
        headers = {REQUEST_ID: request_id} | ({TOKEN: token} if token else {})
        traces.inject(headers)
        return self._base.model_copy(
            update={
                **given,
                "model_name": self._settings.model or request.model,
                "max_tokens": bound,
                "stop": list(request.stop) or None,
                "reasoning_effort": request.reasoning_effort or None,
                "extra_body": json.loads(request.extra_json) if request.extra_json else None,
                "model_kwargs": {"extra_headers": headers, **_format(request.response_format)},
            }
        )


def _format(asked: pb.ResponseFormat) -> dict[str, Any]:
    if asked.type in ("", "text"):
        return {}
    form: dict[str, Any] = {"type": asked.type}
    if asked.type == "json_schema":
        form["json_schema"] = {"name": asked.name, "schema": json.loads(asked.schema_json or "{}")}
        if asked.HasField("strict"):
            form["json_schema"]["strict"] = asked.strict
    return {"response_format": form}


@contextmanager
def failures_typed() -> Iterator[None]:
    """What the inference proxy refuses keeps its status and words; what fails there is unavailable."""
    try:
        yield
    except (openai.APITimeoutError, TimeoutError):
        raise DeadlineExceeded(
            "the inference proxy did not answer in time", code="inference_timeout"
        ) from None
    except openai.RateLimitError as error:
        raise RateLimited(_words(error), retry_after=_retry_after(error)) from None
    except openai.APIStatusError as error:
        if error.status_code < 500:
            raise CompetitorRejected(
                _words(error), competitor_status=error.status_code, code=str(error.code or "")
            ) from None
        raise Unavailable(_words(error), code="inference_failed") from None
    except openai.APIConnectionError as error:
        raise Unavailable(
            f"the inference proxy cannot be reached: {error}", code="inference_unavailable", retry_after=1
        ) from None
    except openai.APIError as error:  # an error event in the middle of a stream
        raise Unavailable(f"the inference proxy failed: {error.message}", code="inference_failed") from None
    except httpx2.TransportError as error:
        raise Unavailable(f"the inference proxy broke off: {error}", code="inference_failed") from None


def _words(error: openai.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.message)


def _retry_after(error: openai.APIStatusError) -> float:
    given = error.response.headers.get("retry-after", "")
    return float(given) if given.isdecimal() else 1.0
