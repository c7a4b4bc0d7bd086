"""Configuration from environment variables, the same way in every room.

A room's settings are a `ServiceSettings` subclass whose fields name their variables. A bad value
ends the process at start with one line per variable instead of a traceback.
"""

import sys
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .http_server.limits import HttpLimits

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Port = Annotated[int, Field(ge=0, le=65_535)]  # 0 takes a free one
Bytes = Annotated[int, Field(gt=0)]


_HTTP = HttpLimits()
# The same for every class: pydantic lets the last base decide, even by its defaults.
_CONFIG = SettingsConfigDict(env_prefix="JANUS_", populate_by_name=True, extra="ignore")


class ServiceSettings(BaseSettings):
    """What every service reads."""

    model_config = _CONFIG

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    drain_seconds: Seconds = Field(10.0, description="How long live exchanges may go on after SIGTERM.")


class HttpSettings(BaseSettings):
    """What every HTTP service reads."""

    model_config = _CONFIG

    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Names, beside local ones and addresses, under which it is reached."
    )
    http_max_connections: int = Field(_HTTP.connections, ge=1, description="Connections of a port.")
    http_max_connections_per_address: int = Field(
        _HTTP.connections_per_address, ge=1, description="Connections of one address, except loopback."
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    def http_limits(self) -> HttpLimits:
        """What `serve_http` is given."""
        return HttpLimits(
            connections=self.http_max_connections,
            connections_per_address=self.http_max_connections_per_address,
        )


class StreamTimeouts(BaseSettings):
    """The named bounds of a chat stream, in seconds; rooms that wait mix this in.

    Each hop waits a little longer than the one below it, so that the one that knows most reports.
    """

    model_config = _CONFIG

    connect_timeout: Seconds = Field(5.0, description="For a connection to a competitor.")
    first_event_timeout: Seconds = Field(60.0, description="For the first event of an answer.")
    gap_timeout: Seconds = Field(120.0, description="For each further event.")
    total_timeout: Seconds = Field(300.0, description="For the whole exchange.")


class MeshSettings(BaseSettings):
    """How exchanges travel between processes."""

    model_config = _CONFIG

    mesh_transport: Literal["auto", "link", "rpc"] = Field(
        "auto", description="`auto` shares links with peers that have them and makes calls to others."
    )
    link_floor_ms: float = Field(
        1.0, ge=0, le=100, description="Rest of a link for each exchange but the first."
    )


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load(settings: type[SettingsT]) -> SettingsT:
    """The settings from the environment; exits with status 2 and a line per bad variable."""
    try:
        return settings()
    except ValidationError as error:
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"])
            if not name:  # about several at once: the input is all of them, secrets too
                sys.stderr.write(f"{problem['msg']}\n")
                continue
            variable = variable_of(settings, name)
            got = "" if _is_secret(settings, name) else f" (got {problem['input']!r})"
            sys.stderr.write(f"{variable}: {problem['msg']}{got}\n")
        sys.exit(2)


def _is_secret(settings: type[BaseSettings], name: str) -> bool:
    """Of a field by its name, or by the alias that pydantic reports."""
    fields = settings.model_fields.items()
    return any(
        "Secret" in repr(info.annotation) for field, info in fields if name in (field, info.validation_alias)
    )


def variable_of(settings: type[BaseSettings], field: str) -> str:
    """The environment variable that sets a field."""
    info = settings.model_fields.get(field)
    if info is not None and isinstance(info.validation_alias, str):
        return info.validation_alias
    if info is None and field.isupper():  # pydantic reports an aliased field by its alias
        return field
    return f"{settings.model_config.get('env_prefix', '')}{field}".upper()
