"""Writes the JSON Schema of a run: `python -m janus_bench.quality.schema`."""

import json
from pathlib import Path
from typing import Any

from .record import RUNS

PATH = Path(__file__).with_name("run.schema.json")


def run_schema() -> dict[str, Any]:
    """The schema of a finished run, every field of which is there."""
    schema = RUNS.json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "janus-bench run", **schema}


def main() -> None:
    PATH.write_text(json.dumps(run_schema(), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
