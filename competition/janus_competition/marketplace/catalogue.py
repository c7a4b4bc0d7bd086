"""The manifests in `manifests/`, read once at start."""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

_FOLDER = Path(__file__).parent / "manifests"
_CLOSED = ConfigDict(extra="forbid", frozen=True)


class NamedText(BaseModel):
    """A name and what is behind it."""

    model_config = _CLOSED

    name: str
    what: str


class Version(BaseModel):
    """One version."""

    model_config = _CLOSED

    version: str
    notes: str


class Sample(BaseModel):
    """How it is used."""

    model_config = _CLOSED

    language: str
    code: str


class Trial(BaseModel):
    """How it can be tried: by a call of `trials`, or as a chat with `model`."""

    model_config = _CLOSED

    label: str
    input: str
    note: str
    model: str = ""


class Manifest(BaseModel):
    """One component."""

    model_config = _CLOSED

    id: str
    name: str
    summary: str
    category: str
    kind: Literal["platform service", "library"]
    contract: Literal["OpenAPI", "proto", "MCP"]
    source: str
    address: str
    operations: tuple[NamedText, ...]
    settings: tuple[NamedText, ...]
    versions: tuple[Version, ...]
    sample: Sample
    trial: Trial | None = None


def manifests(folder: Path = _FOLDER) -> list[Manifest]:
    """All of them, by name. Raises `ValueError` for a file that is none."""
    read = [Manifest.model_validate(json.loads(file.read_text())) for file in sorted(folder.glob("*.json"))]
    return sorted(read, key=lambda manifest: manifest.name.casefold())
