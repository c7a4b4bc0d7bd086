"""`POST /v1/embeddings` as OpenAI has it, answered by the local model."""

import base64
from array import array
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from janus_platform.parsing import parse

from .embedder import MODEL_ID, Embedded, Embedder, Kind

_Text = Annotated[str, Field(min_length=1, max_length=100_000)]


class EmbeddingsRequest(BaseModel):
    """Texts alone: token ids are of a tokenizer that the caller cannot have."""

    model_config = ConfigDict(strict=True)

    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Literal[384] | None = None
    input_type: Kind = "query"  # ours: `passage` for what is to be found by queries


async def answer(body: bytes, embedder: Embedder) -> tuple[dict[str, object], int]:
    """The answer's body, and the tokens read. Raises `InvalidRequest`, `UpstreamFailed`."""
    asked = parse(EmbeddingsRequest, body)
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    made = await embedder.embed(texts, asked.input_type)
    return _body(made, asked.encoding_format), made.tokens


def _body(made: Embedded, form: str) -> dict[str, object]:
    def shown(vector: bytes) -> object:
        return base64.b64encode(vector).decode() if form == "base64" else array("f", vector).tolist()

    data = [
        {"object": "embedding", "index": index, "embedding": shown(vector)}
        for index, vector in enumerate(made.vectors)
    ]
    usage = {"prompt_tokens": made.tokens, "total_tokens": made.tokens}
    return {"object": "list", "data": data, "model": MODEL_ID, "usage": usage}
