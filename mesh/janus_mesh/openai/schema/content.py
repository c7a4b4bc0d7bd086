"""Content of a message: a string, or parts such as text, pictures, sound and files."""

from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, Tag

from janus_mesh.request_bounds import MAX_PARTS

from .scalars import Base64, FileData, ImageAddress, OpenObject


class TextPart(OpenObject):
    """A stretch of text."""

    type: Literal["text"]
    text: str
    """The text."""


class ImageUrl(OpenObject):
    """Where a picture is, or the picture itself."""

    url: ImageAddress
    """An http(s) URL, or a `data:image/...;base64,` URL."""
    detail: Literal["auto", "low", "high", "original"] | None = None
    """How closely the model is to look."""


class ImagePart(OpenObject):
    """A picture."""

    type: Literal["image_url"]
    image_url: ImageUrl


class AudioClip(OpenObject):
    """A sound clip."""

    data: Base64
    """The clip's bytes in base64."""
    format: Literal["wav", "mp3"]
    """How the bytes are encoded."""


class AudioPart(OpenObject):
    """Sound."""

    type: Literal["input_audio"]
    input_audio: AudioClip


class FileSource(OpenObject):
    """A document, by content or by id."""

    file_data: FileData | None = None
    """The document's bytes: base64, or a `data:` URL that holds base64."""
    file_id: str | None = None
    """Id of a file that was uploaded before."""
    filename: str | None = None
    """Name to show to the model."""


class FilePart(OpenObject):
    """A document."""

    type: Literal["file"]
    file: FileSource


class RefusalPart(OpenObject):
    """What the assistant said instead of an answer."""

    type: Literal["refusal"]
    refusal: str
    """The refusal."""


_KNOWN_TYPES: Final = ("text", "image_url", "input_audio", "file", "refusal")


class OtherPart(OpenObject):
    """A part of any other type, such as `video_url`; travels as it is."""

    type: Annotated[str, Field(json_schema_extra={"not": {"enum": list(_KNOWN_TYPES)}})]


def _part_tag(value: object) -> str | None:
    if not isinstance(value, dict):
        return None
    type_ = value.get("type")
    return type_ if isinstance(type_, str) and type_ in _KNOWN_TYPES else "other"


ContentPart = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[ImagePart, Tag("image_url")]
    | Annotated[AudioPart, Tag("input_audio")]
    | Annotated[FilePart, Tag("file")]
    | Annotated[RefusalPart, Tag("refusal")]
    | Annotated[OtherPart, Tag("other")],
    Discriminator(
        _part_tag,
        custom_error_type="wrong_form",
        custom_error_message="must be an object",
    ),
]


def string_or_array(value: object) -> str | None:
    """The tag, for unions of a string and an array."""
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else None


Content = Annotated[
    Annotated[str, Tag("string")]
    | Annotated[list[ContentPart], Field(fail_fast=True, min_length=1, max_length=MAX_PARTS), Tag("array")],
    Discriminator(
        string_or_array,
        custom_error_type="wrong_form",
        custom_error_message="must be a string or an array of content parts",
    ),
]
