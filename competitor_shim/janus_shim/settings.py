"""What the shim reads from the environment; README.md has the table."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode
from yarl import URL

from janus_mesh.settings import Bytes, Port, Seconds, ServiceSettings, StreamTimeouts

_MIB = 1024 * 1024
# A gRPC message takes 64 MiB; an event must fit with all that stands around it.
_LARGEST_EVENT = 48 * _MIB

EventBytes = Annotated[int, Field(gt=0, le=_LARGEST_EVENT)]


def web_address(text: str) -> URL:
    """An absolute http(s) URL without credentials. Raises `ValueError` for anything else."""
    url = URL(text)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must be an http:// or https:// address")
    if url.user is not None or url.password is not None:
        raise ValueError("must not hold credentials")
    return url


def _prefix(address: URL) -> URL:
    """The address as a prefix: below its path, or below `/v1/artifacts/` when it has none."""
    path = address.raw_path.rstrip("/") or "/v1/artifacts"
    return address.origin().with_path(f"{path}/", encoded=True)


class Settings(ServiceSettings, StreamTimeouts):
    """One shim process: all HTTP competitors of the registry, or one container as its side-car."""

    competitors: Path = Field(Path("competitors.yaml"), description="The registry file.")
    default_model: str = Field("janus", min_length=1, description="The router's model that stands for all.")
    shim_host: str = Field("127.0.0.1", description="Address to listen on.")
    shim_port: Port = Field(50052, description="gRPC port.")
    shim_metrics_port: Port = Field(9152, description="HTTP port of `/metrics`; 0 serves none.")
    shim_target: str = Field("", description="Side-car: the one container's address; no registry is read.")
    shim_competitor_id: str = Field("", description="Side-car: the id to publish health under.")
    shim_max_event_bytes: EventBytes = Field(4 * _MIB, description="Longest SSE line and event.")
    shim_max_answer_bytes: EventBytes = Field(16 * _MIB, description="Longest JSON answer.")
    shim_max_stream_bytes: Bytes = Field(256 * _MIB, description="Longest streamed answer, unpacked.")
    shim_max_artifact_bytes: Bytes = Field(256 * _MIB, description="Largest artifact.")
    shim_artifact_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further prefixes, separated by commas, that artifacts may be fetched from."
    )
    shim_health_seconds: Seconds = Field(2.0, description="Between two looks at a container's health.")

    shim_rest_ms: Annotated[float, Field(ge=0, le=100)] = Field(
        40.0, description="Between two reads of an answer under load, milliseconds; 0: no rest."
    )

    @field_validator("shim_artifact_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("shim_artifact_origins")
    @classmethod
    def _are_prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(_prefix(web_address(address))) for address in value)

    @field_validator("shim_target")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return value and str(web_address(value))
