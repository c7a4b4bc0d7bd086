"""The environment variables of the platform services."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AnyHttpUrl,
    Field,
    IPvAnyNetwork,
    SecretStr,
    TypeAdapter,
    field_validator,
    model_validator,
)
from pydantic.functional_validators import AfterValidator
from pydantic_settings import NoDecode

from janus_mesh.request_token import checked_key
from janus_mesh.settings import Bytes, HttpSettings, Port, Seconds, ServiceSettings, StreamTimeouts

_NO_KEY = SecretStr("")


def _base_url(value: str) -> str:
    if value:
        TypeAdapter(AnyHttpUrl).validate_python(value)
    return value.rstrip("/")


def _postgres(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return value


BaseUrl = Annotated[str, AfterValidator(_base_url)]


class PlatformSettings(ServiceSettings, HttpSettings, StreamTimeouts):
    """What the platform services read; a provider needs both its key and its base URL."""

    platform_host: str = "127.0.0.1"
    platform_port: Port = 8010
    max_body_bytes: Bytes = 64 * 1024 * 1024

    platform_key: Annotated[SecretStr, AfterValidator(checked_key)] = Field(
        _NO_KEY, description="Verifies request tokens; without it every caller is anonymous."
    )
    platform_require_token: bool = Field(False, description="Refuses calls without a token.")
    platform_prices: Path | None = Field(None, description="A price table in place of the built-in one.")
    platform_rate: float = Field(50.0, ge=0, description="Calls a second for one request; 0 sets no bound.")
    platform_burst: int = Field(100, ge=1, description="Calls at once after a pause, for one request.")

    platform_data: Path = Field(Path(".janus/platform"), description="Where indexes and artifacts are kept.")

    fetch_ports: Annotated[tuple[Port, ...], NoDecode] = Field((80, 443), description="Ports of pages.")
    fetch_timeout: Seconds = Field(20.0, description="For a page, redirects included.")
    fetch_max_bytes: Bytes = Field(5 * 1024 * 1024, description="Largest page, packed and unpacked.")
    fetch_max_redirects: int = Field(5, ge=0, le=20)
    fetch_allowed_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = Field(
        (), description="Networks that may be fetched from although they are not public."
    )

    sandy_base_url: BaseUrl = Field("", validation_alias="SANDY_BASE_URL")
    sandy_api_key: SecretStr = Field(_NO_KEY, validation_alias="SANDY_API_KEY")
    sandbox_url: BaseUrl = Field("http://127.0.0.1:8020", description="Our own sandbox service.")
    sandboxes_per_competitor: int = Field(16, ge=1, description="Sandboxes at once for one competitor.")

    platform_url: BaseUrl = Field("", description="Where callers find it, for the addresses of artifacts.")
    artifacts_store: str = Field("", description="`s3://bucket/prefix` and the like in place of a folder.")
    artifacts_max_bytes: Bytes = Field(256 * 1024 * 1024, description="Largest artifact.")
    artifacts_max_total_bytes: Bytes = Field(10 * 1024**3, description="All artifacts together.")
    artifacts_max_competitor_bytes: Bytes = Field(2 * 1024**3, description="One competitor's together.")
    artifacts_sweep_seconds: Seconds = Field(60.0, description="Between two looks for expired ones.")

    qdrant_url: BaseUrl = Field("", validation_alias="QDRANT_URL")
    qdrant_api_key: SecretStr = Field(_NO_KEY, validation_alias="QDRANT_API_KEY")
    pgvector_url: Annotated[SecretStr, AfterValidator(_postgres)] = Field(
        _NO_KEY, validation_alias="PGVECTOR_URL", description="PostgreSQL with pgvector, for the vectors."
    )
    vectors_timeout: Seconds = Field(10.0, description="For an answer of Qdrant or PostgreSQL.")
    vectors_most_documents: int = Field(100_000, ge=1, description="Kept for each caller.")

    searxng_base_url: BaseUrl = Field("", validation_alias="SEARXNG_BASE_URL")
    serper_api_key: SecretStr = Field(_NO_KEY, validation_alias="SERPER_API_KEY")
    serper_base_url: BaseUrl = Field("https://google.serper.dev", validation_alias="SERPER_BASE_URL")
    search_timeout: Seconds = Field(10.0, description="For a search engine's answer.")
    search_docs: Path = Field(Path("docs"), description="Documents that the local index knows.")
    search_most_pages: int = Field(5_000, ge=1, description="Fetched pages indexed for each caller.")

    chutes_api_key: SecretStr = Field(_NO_KEY, validation_alias="CHUTES_API_KEY")
    chutes_base_url: BaseUrl = Field("", validation_alias="CHUTES_BASE_URL")
    openai_api_key: SecretStr = Field(_NO_KEY, validation_alias="OPENAI_API_KEY")
    openai_base_url: BaseUrl = Field("", validation_alias="OPENAI_BASE_URL")
    inference_model: str = Field("", description="Asked of the provider instead of the caller's model.")

    embedded_slots: int = Field(2, ge=1, le=16, description="Answers of the embedded model at once.")
    embedded_context: int = Field(4096, ge=512, le=8192, description="Tokens per slot.")
    embedded_threads: int = Field(0, ge=0, le=256, description="0 takes one per core.")
    embedded_queue: int = Field(32, ge=0, description="Calls that may wait for a slot.")

    @field_validator("fetch_ports", "fetch_allowed_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="after")
    def _one_vector_store(self) -> Self:
        if self.qdrant_url and self.pgvector_url.get_secret_value():
            raise ValueError("QDRANT_URL and PGVECTOR_URL: only one of them can keep the vectors")
        return self

    @model_validator(mode="after")
    def _can_verify(self) -> Self:
        if self.platform_require_token and not self.platform_key.get_secret_value():
            raise ValueError("JANUS_PLATFORM_REQUIRE_TOKEN needs JANUS_PLATFORM_KEY")
        return self
