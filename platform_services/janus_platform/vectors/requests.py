"""What the vector paths are sent."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_STRICT = ConfigDict(strict=True, extra="forbid")
_Id = Annotated[str, Field(min_length=1, max_length=256)]
_Text = Annotated[str, Field(min_length=1, max_length=32_768)]


_MOST_METADATA_BYTES = 16 * 1024


def _bounded(metadata: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(metadata)) > _MOST_METADATA_BYTES:
        raise ValueError(f"must have at most {_MOST_METADATA_BYTES} bytes as JSON")
    return metadata


class DocumentForm(BaseModel):
    """One text; without an id it gets the hash of the text, so that sending it twice keeps one."""

    model_config = _STRICT

    id: _Id | None = None
    text: _Text
    metadata: Annotated[dict[str, Any], AfterValidator(_bounded)] = Field(default_factory=dict)


class UpsertRequest(BaseModel):
    """Texts to be found later."""

    model_config = _STRICT

    documents: Annotated[list[DocumentForm], Field(min_length=1, max_length=256)]


class SearchRequest(BaseModel):
    """What is looked for."""

    model_config = _STRICT

    query: _Text
    limit: Annotated[int, Field(ge=1, le=100)] = 5


class DeleteRequest(BaseModel):
    """Which documents are to go."""

    model_config = _STRICT

    ids: Annotated[list[_Id], Field(min_length=1, max_length=1000)]
