"""What is read of a call before a backend is asked."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Envelope(BaseModel):
    """The fields that matter whichever backend answers."""

    model_config = ConfigDict(strict=True)

    model: str = Field(min_length=1)
    stream: bool | None = None
    stream_options: Any = None
    background: bool | None = None
