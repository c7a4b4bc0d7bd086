"""One competitor as its operator describes it, in the registry file or by registering.

`parse` turns one foreign mapping into an `Entry`. It raises `EntryInvalid`, which knows the place. The
verdict depends on the mapping alone: not on files, the network or the environment of the service that
asks, so that every service accepts and refuses the same entries.
"""

import difflib
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from janus_mesh.errors import InvalidRequest
from janus_mesh.plain_text import clean

from . import fields, request_headers

Place = tuple[str | int, ...]

_MOST_MODELS = 100
# What only the shim does, for competitors that it calls over HTTP.
_OF_THE_SHIM = ("api_key_env", "upstream_model", "base_path", "health_path", "headers")

Variable = Annotated[str, AfterValidator(request_headers.check_variable)]
Model = Annotated[str, AfterValidator(fields.check_model)]
UrlPath = Annotated[str, AfterValidator(fields.check_path)]


class EntryInvalid(InvalidRequest):
    """A competitor's entry is wrong at `place`, a path of keys and positions inside it."""

    def __init__(self, place: Place, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{named(place)}: {reason}" if place else reason, param=named(place))


def named(place: Place) -> str:
    """`("models", 0)` as `models[0]`. Keys are foreign text, so they are cleaned and cut."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{clean(str(part), 100)}" for part in place)
    return text.removeprefix(".")


class Entry(BaseModel):
    """A valid entry. Secrets are named, never held: see `request_headers`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: Annotated[str, AfterValidator(fields.check_id)]
    url: Annotated[str, AfterValidator(fields.check_url)]
    models: Annotated[tuple[Model, ...], Field(strict=False, max_length=_MOST_MODELS)] = ()
    weight: float = Field(1.0, gt=0, le=1_000_000, allow_inf_nan=False)
    max_concurrency: int = Field(64, ge=1, le=1_000_000)
    description: Annotated[str, AfterValidator(fields.check_description)] = ""
    shim: Annotated[str, AfterValidator(fields.check_address)] | None = None
    default: bool = True  # whether it answers when the caller leaves the choice to the router

    api_key_env: Variable | None = None  # its value is sent as `Authorization: Bearer`
    upstream_model: Model | None = None  # asked for in place of the model that the caller named
    base_path: UrlPath = "/v1"  # below the url's own path; `/chat/completions` follows
    health_path: UrlPath = "/health"  # below the url's own path
    headers: Annotated[dict[str, str], AfterValidator(request_headers.check_headers), Field(repr=False)] = {}
    ca_file: Annotated[str, AfterValidator(fields.check_file)] | None = None  # PEM, for https and grpcs

    @property
    def native(self) -> bool:
        """True when it speaks gRPC itself."""
        return self.url.startswith(("grpc://", "grpcs://"))

    @property
    def variables(self) -> list[str]:
        """The environment variables that requests to it need."""
        return request_headers.variables_in(self.headers, self.api_key_env)

    @property
    def own_model(self) -> str:
        """The model to ask it for when the caller left the choice to the router."""
        return self.models[0] if self.models else self.id


def parse(raw: object) -> Entry:
    """The entry that a foreign mapping describes; raises `EntryInvalid` for the first fault found."""
    if not isinstance(raw, Mapping):
        raise EntryInvalid((), "a competitor must be a mapping with `id` and `url`")
    try:
        entry = Entry.model_validate(raw)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        raise EntryInvalid(problem["loc"], _reason(problem)) from None
    _check_together(entry)
    return entry


def _check_together(entry: Entry) -> None:
    """Refuses fields that contradict each other or would have no effect."""
    scheme = entry.url.partition("://")[0]
    if entry.native:
        _check_absent(
            entry, ("shim", *_OF_THE_SHIM), f"is for http(s):// competitors; this one is {scheme}://"
        )
    if entry.shim is not None:
        reason = "is what the shared shim does; this competitor has a shim of its own"
        _check_absent(entry, (*_OF_THE_SHIM, "ca_file"), reason)
    if entry.ca_file is not None and scheme not in ("https", "grpcs"):
        raise EntryInvalid(("ca_file",), f"is for https:// and grpcs://; this url is {scheme}://")
    if entry.api_key_env is not None and "authorization" in entry.headers:
        raise EntryInvalid(("headers",), "`authorization` is set by `api_key_env` already")


def _check_absent(entry: Entry, names: tuple[str, ...], reason: str) -> None:
    for name in names:
        if name in entry.model_fields_set and getattr(entry, name) is not None:
            raise EntryInvalid((name,), reason)


def unknown_key(key: object, known: list[str]) -> str:
    """Why a key is refused, with the one that was probably meant."""
    nearest = difflib.get_close_matches(str(key)[:100], known, n=1)
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
