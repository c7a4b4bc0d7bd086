"""The JSON Schema of a suite's lines, for editors and other programs; the reader has the same types.

python -m janus_bench.quality.suites.schema > bench/janus_bench/quality/suites/item.schema.json
"""

import json
from importlib.resources import files

from .item import Item


def item_schema() -> str:
    """As it stands in `item.schema.json`."""
    schema = Item.model_json_schema()
    titled = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "One line of a suite",
    }
    return json.dumps(titled, indent=2, ensure_ascii=False) + "\n"


def shipped_schema() -> str:
    """The file of the package."""
    return (files(__package__) / "item.schema.json").read_text("utf-8")


if __name__ == "__main__":
    print(item_schema(), end="")
