"""The embedding model as the rest of the platform uses it."""

import json
from dataclasses import dataclass
from typing import Literal

from janus_platform.worker.client import Worker

MODEL_ID = "multilingual-e5-small"
DIMENSIONS = 384
_FLOAT_BYTES = 4

# The model tells what is asked from what is found; texts that are compared with each other are queries.
Kind = Literal["query", "passage"]


def embedding_worker() -> Worker:
    """The process of the model. It reads about 500 tokens in a tenth of a second on an idle core."""
    # OpenMP's threads spin while they wait, which on busy cores costs more than it gains.
    environment = {"OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": "1"}
    return Worker("janus_platform.embeddings.embedder_process", seconds=60, environment=environment)


@dataclass(frozen=True, slots=True)
class Embedded:
    """One vector for each text, as float32 in the machine's order, and the tokens that were read."""

    vectors: list[bytes]
    tokens: int


class Embedder:
    """Texts to vectors of `DIMENSIONS`. What is beyond 512 tokens of a text is not seen."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def embed(self, texts: list[str], kind: Kind) -> Embedded:
        """Raises `UpstreamFailed` when the model's process fails."""
        # C strings end at a zero.
        clean = [text.replace("\x00", " ") for text in texts]
        said, data = await self._worker.ask({"kind": kind}, json.dumps(clean).encode())
        width = DIMENSIONS * _FLOAT_BYTES
        vectors = [data[start : start + width] for start in range(0, len(data), width)]
        return Embedded(vectors, int(said["tokens"]))
