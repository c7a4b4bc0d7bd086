"""The edge's configuration. Each field is the environment variable `JANUS_` plus its name in capitals."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from janus_mesh.settings import Bytes, HttpSettings, Port, Seconds, ServiceSettings, StreamTimeouts

MEBIBYTE = 1024 * 1024
# Where `make ui` puts the pages, for a checkout.
_BUILT_UI = Path(__file__).parents[2] / "ui" / "out"
CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class EdgeSettings(ServiceSettings, HttpSettings, StreamTimeouts):
    """What the edge reads at start."""

    host: str = "127.0.0.1"
    port: Port = 8000
    router_url: str = Field("127.0.0.1:50051", description="host:port of the router.")

    competition_url: str = Field("", description="host:port of the competition service; empty for none.")
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    client_address_header: str = Field("", description="Where trusted proxies write a client's address.")

    max_body_bytes: Bytes = Field(32 * MEBIBYTE, description="Largest request body.")
    body_timeout: Seconds = Field(30.0, description="For the whole request body to arrive.")
    max_held_bytes: Bytes = Field(256 * MEBIBYTE, description="Bytes of all request bodies held at once.")
    max_uploads: int = Field(256, gt=0, description="Bodies that take more than 1 s to arrive, at once.")
    uploads_per_address: int = Field(16, gt=0, description="The same, from one address.")
    min_upload_rate: Bytes = Field(1024, description="Bytes per second of a body, on average after 5 s.")
    keepalive_seconds: Seconds = Field(1.5, description="Longest silence of a stream before a ping.")
    max_streams: int = Field(1024, gt=0, description="Chats at once; more are refused with 429.")
    requests_per_minute: int = Field(600, ge=0, description="Chats of one caller; 0 for no limit.")
    tokens_per_minute: int = Field(1_000_000, ge=0, description="Tokens of one caller; 0 for no limit.")
    streams_per_caller: int = Field(128, ge=0, description="Chats of one caller at once; 0 for no limit.")
    limit_loopback: bool = Field(False, description="Whether these limits hold for this machine, too.")
    max_answer_bytes: Bytes = Field(64 * MEBIBYTE, description="Largest answer that is not streamed.")

    public_url: str = Field("", description="Address under which clients reach the edge.")
    artifact_key: SecretStr | None = Field(None, description="Signs artifact links; at least 32 characters.")
    artifact_max_ttl: Seconds = Field(86_400.0, description="Longest life of an artifact link.")
    max_artifact_bytes: Bytes = Field(256 * MEBIBYTE, description="Largest artifact that is passed on.")

    ui_dir: Path = Field(_BUILT_UI, description="The built pages; the API works without them.")
    cors_origins: CommaSeparated = ("http://localhost:3000",)
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()

    @field_validator("cors_origins", "api_keys", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("artifact_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if len(value.get_secret_value()) < 32:
            raise ValueError("must be at least 32 characters long")
        return value

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")
