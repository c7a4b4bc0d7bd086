"""What is known of an artifact; the form in which clients of Janus see it."""

import re
import secrets
import time
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from .room import tag_of

Kind = Literal["image", "file", "dataset", "binary"]

# When it expires and whose it is stand in the id, so that sweeping needs names alone. The 96 random bits in
# between cannot be guessed.
_ID = re.compile(r"artf_([0-9a-f]{8})[0-9a-f]{24}([0-9a-f]{8})")
_RANDOM_BYTES = 12
_DATASETS = ("text/csv", "text/tab-separated-values", "application/json", "application/x-ndjson")
_DATASET_HINTS = ("parquet", "sqlite", "spreadsheet", "arrow")
_BINARIES = ("application/octet-stream", "application/zip", "application/gzip", "application/x-tar")


class Descriptor(BaseModel):
    """One artifact. Sizes in bytes, times in seconds, the hash in lower-case hex."""

    model_config = ConfigDict(frozen=True)

    id: str
    type: Kind
    mime_type: str
    display_name: str
    size_bytes: int
    sha256: str
    created_at: str
    ttl_seconds: int
    url: str


def new_id(ttl_seconds: int, owner: str) -> str:
    """An id for an artifact of this owner that is kept for so many seconds from now."""
    return f"artf_{int(time.time()) + ttl_seconds:08x}{secrets.token_hex(_RANDOM_BYTES)}{tag_of(owner)}"


def expiry(artifact_id: str) -> int | None:
    """When the artifact of that id goes, seconds since 1970 (UTC); None when it is not an id."""
    match = _ID.fullmatch(artifact_id)
    return int(match[1], 16) if match else None


def tag_in(artifact_id: str) -> str:
    """The mark of the owner in an id; '' for what is not an id."""
    match = _ID.fullmatch(artifact_id)
    return match[2] if match else ""


def kind_of(mime_type: str) -> Kind:
    """The kind that a media type suggests."""
    if mime_type.startswith("image/"):
        return "image"
    if mime_type in _DATASETS or any(hint in mime_type for hint in _DATASET_HINTS):
        return "dataset"
    return "binary" if mime_type in _BINARIES else "file"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
