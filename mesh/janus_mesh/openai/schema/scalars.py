"""The small types that the request's models are made of, each the same in code and in the schema."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_TOKENS: Final = 2**31 - 1


class OpenObject(BaseModel):
    """A JSON object that keeps the fields it does not know.

    Strict: a value of a neighbouring type is refused and never converted.
    """

    model_config = ConfigDict(strict=True, extra="allow", use_attribute_docstrings=True)


def _whole(value: object) -> object:
    # JSON Schema knows one kind of number: 1.0 is an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)

TokenLimit = Annotated[int, Field(ge=1, le=MAX_TOKENS), WHOLE]
Penalty = Annotated[float, Field(ge=-2, le=2)]
Text = Annotated[str, Field(min_length=1)]
Word = Annotated[str, Field(min_length=1, max_length=64)]
Identifier = Annotated[str, Field(min_length=1, max_length=256)]
FunctionName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]

_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"
_PARAMETERS = "(?:;[A-Za-z0-9.+_-]+=[A-Za-z0-9.+_-]+)*;base64,"
_IMAGE_HEAD = f"data:image/[A-Za-z0-9.+_-]+{_PARAMETERS}"
_FILE_HEAD = f"data:[A-Za-z0-9.+_-]+/[A-Za-z0-9.+_-]+{_PARAMETERS}"
_WEB = r"[Hh][Tt][Tt][Pp][Ss]?://[^\x00-\x20/?#][^\x00-\x20]*"

_BASE64_PATTERN = f"^{_BASE64}$"
_IMAGE_PATTERN = f"^(?:{_WEB}|{_IMAGE_HEAD}{_BASE64})$"
_FILE_PATTERN = f"^(?:{_FILE_HEAD})?{_BASE64}$"

_web = re.compile(_WEB).fullmatch
_image_head = re.compile(_IMAGE_HEAD).match
_file_head = re.compile(_FILE_HEAD).match

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def is_base64(text: str, start: int = 0) -> bool:
    """Whether `text` from `start` on decodes, by what a strict decoder checks.

    The bytes themselves are not made: nobody here needs them, and a picture may have 20 MB.
    """
    if not text.isascii():
        return False
    data = text.encode()[start:] if start else text.encode()
    padding = (data[-1:] == b"=") + (data[-2:] == b"==")
    return bool(data) and len(data) % 4 == 0 and data.translate(None, _ALPHABET) == b"=" * padding


def _base64(value: str) -> str:
    if not is_base64(value):
        raise _wrong("base64 (standard alphabet, with padding, not empty)")
    return value


def _image_url(value: str) -> str:
    if value.startswith("data:"):
        head = _image_head(value)
        if head is None:
            raise _wrong("a data URL of the form data:image/<subtype>;base64,<data>")
        if not is_base64(value, head.end()):
            raise _wrong("a data URL whose data is base64 (standard alphabet, with padding, not empty)")
    elif not _web(value):
        raise _wrong("an http:// or https:// URL, or a data:image/...;base64, URL")
    return value


def _file_data(value: str) -> str:
    head = _file_head(value)
    if not is_base64(value, head.end() if head else 0):
        raise _wrong("base64 (standard alphabet, with padding), or a data URL that holds base64")
    return value


def _wrong(expected: str) -> PydanticCustomError:
    return PydanticCustomError("wrong_value", "must be {expected}", {"expected": expected})


Base64 = Annotated[
    str, AfterValidator(_base64), WithJsonSchema({"type": "string", "pattern": _BASE64_PATTERN})
]
ImageAddress = Annotated[
    str, AfterValidator(_image_url), WithJsonSchema({"type": "string", "pattern": _IMAGE_PATTERN})
]
FileData = Annotated[
    str, AfterValidator(_file_data), WithJsonSchema({"type": "string", "pattern": _FILE_PATTERN})
]
