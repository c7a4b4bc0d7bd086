"""What may be said of a competitor, whether in the registry file or by registering.

`parse` turns one foreign mapping into an `Entry`; `Names` refuses entries whose names would make a
request ambiguous. Both raise `EntryInvalid`, which knows the place.
"""

import difflib
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from janus_mesh.errors import InvalidRequest

Place = tuple[str | int, ...]

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")  # a name or address; the second form is IPv6
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")


class EntryInvalid(InvalidRequest):
    """A competitor's entry is wrong at `place`, a path of keys and positions inside it."""

    def __init__(self, place: Place, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{named(place)}: {reason}" if place else reason, param=named(place))


def named(place: Place) -> str:
    """`("models", 0)` as `models[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def _refused(reason: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{reason}", {"reason": reason})


def _check_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise _refused("must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit")
    return value


def _check_model(value: str) -> str:
    if not re.fullmatch(r"[!-~]{1,256}", value):
        raise _refused("must be 1 to 256 visible ASCII characters")
    return value


def _check_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise _refused(f"is no address: {error}") from None
    if parts.scheme not in ("http", "https", "grpc"):
        raise _refused("must begin with http://, https:// or grpc://")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise _refused("has no valid host")
    if parts.username is not None or parts.password is not None:
        raise _refused("must not carry credentials")
    if parts.query or parts.fragment:
        raise _refused("must have neither query nor fragment")
    if port == 0:
        raise _refused("has port 0")
    if parts.scheme == "grpc" and (port is None or parts.path not in ("", "/")):
        raise _refused("must have the form grpc://host:port")
    return value


def _check_address(value: str) -> str:
    match = _ADDRESS.fullmatch(value)
    if match is None or not 1 <= int(match[2]) <= 65_535:
        raise _refused("must have the form host:port")
    return value


class Entry(BaseModel):
    """One competitor as its operator describes it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: Annotated[str, AfterValidator(_check_id)]
    url: Annotated[str, AfterValidator(_check_url)]
    models: Annotated[tuple[Annotated[str, AfterValidator(_check_model)], ...], Field(strict=False)] = ()
    weight: float = Field(1.0, gt=0, le=1_000_000, allow_inf_nan=False)
    max_concurrency: int = Field(64, ge=1, le=1_000_000)
    description: Annotated[str, StringConstraints(max_length=1_000)] = ""
    shim: Annotated[str, AfterValidator(_check_address)] | None = None
    default: bool = True  # whether it answers when the caller leaves the choice to the router

    @property
    def native(self) -> bool:
        """Whether it speaks gRPC itself."""
        return self.url.startswith("grpc://")

    @property
    def own_model(self) -> str:
        """The model to ask it for when the caller left the choice to the router."""
        return self.models[0] if self.models else self.id


def parse(raw: object) -> Entry:
    """The entry that a foreign mapping describes; raises `EntryInvalid` for the first thing wrong."""
    if not isinstance(raw, Mapping):
        raise EntryInvalid((), "a competitor must be a mapping with `id` and `url`")
    try:
        entry = Entry.model_validate(raw)
    except ValidationError as error:
        problem = error.errors()[0]
        raise EntryInvalid(problem["loc"], _reason(problem)) from None
    if entry.native and entry.shim is not None:
        raise EntryInvalid(("shim",), "a grpc:// competitor has no shim")
    return entry


def unknown_key(key: object, known: list[str]) -> str:
    """Why a key is refused, with the one that was probably meant."""
    nearest = difflib.get_close_matches(str(key), known, n=1)
    return (
        f"unknown key; did you mean `{nearest[0]}`?" if nearest else f"unknown key; known: {', '.join(known)}"
    )


def _reason(problem: ErrorDetails) -> str:
    match problem["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden" | "invalid_key":
            return unknown_key(problem["loc"][-1], list(Entry.model_fields))
    return problem["msg"].replace("Input should be", "must be", 1)


class Names:
    """The ids and models of a registry, which must leave no doubt about who is meant.

    Competitors may share a model: that is how one stands in for another. An id belongs to one
    competitor alone, and the router's default model to none.
    """

    def __init__(self, default_model: str) -> None:
        self._default = default_model
        self._ids: set[str] = set()
        self._models: dict[str, str] = {}

    def add(self, entry: Entry) -> None:
        """Takes an entry's names in; raises `EntryInvalid` when they clash with those before."""
        if entry.id == self._default:
            raise EntryInvalid(("id",), f"`{entry.id}` is the router's default model")
        if entry.id in self._ids:
            raise EntryInvalid(("id",), f"`{entry.id}` is there already")
        if entry.id in self._models:
            raise EntryInvalid(("id",), f"`{entry.id}` is a model of `{self._models[entry.id]}`")
        for position, model in enumerate(entry.models):
            self._check_model(entry, position, model)
        self._ids.add(entry.id)
        for model in entry.models:
            if model != entry.id:
                self._models.setdefault(model, entry.id)

    def _check_model(self, entry: Entry, position: int, model: str) -> None:
        place = ("models", position)
        if model == self._default:
            raise EntryInvalid(place, f"`{model}` is the router's default model")
        if model in self._ids:
            raise EntryInvalid(place, f"`{model}` is the id of another competitor")
        if model in entry.models[:position]:
            raise EntryInvalid(place, f"`{model}` stands there twice")
