"""The marketplace lists what exists: each manifest, held against the room that it names."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
MANIFESTS = sorted((ROOT / "competition/janus_competition/marketplace/manifests").glob("*.json"))


@pytest.fixture(params=MANIFESTS, ids=lambda path: path.stem)
def manifest(request: pytest.FixtureRequest) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(request.param.read_text())
    assert read["id"] == request.param.stem
    return read


def test_the_source_is_a_room_of_this_repository_in_the_newest_version(manifest: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / manifest["source"] / "pyproject.toml").read_text())
    assert project["project"]["version"] == manifest["versions"][0]["version"]


def test_every_setting_is_one_that_the_room_documents(manifest: dict[str, Any]) -> None:
    readme = (ROOT / manifest["source"] / "README.md").read_text().replace("`OPENAI_*`", "")
    names = [
        name for setting in manifest["settings"] for name in re.findall(r"[A-Z][A-Z_]+", setting["name"])
    ]
    assert names
    assert [name for name in names if name not in readme] == []


def test_every_operation_is_one_that_exists(manifest: dict[str, Any]) -> None:
    if manifest["contract"] == "OpenAPI":
        text = (ROOT / manifest["source"] / "README.md").read_text()
        names = [operation["name"] for operation in manifest["operations"]]
    else:
        protos = (ROOT / "proto/janus").rglob("*.proto")
        text = "".join(path.read_text() for path in protos)
        names = [operation["name"].rpartition("/")[2] for operation in manifest["operations"]]
        names = [f"rpc {name}(" for name in names if name != "Check"]  # health is gRPC's own
    assert [name for name in names if name not in text] == []
