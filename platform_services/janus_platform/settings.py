"""The environment variables of the platform services."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr, TypeAdapter
from pydantic.functional_validators import AfterValidator

from janus_mesh.settings import Bytes, Port, ServiceSettings, StreamTimeouts

_NO_KEY = SecretStr("")


def _base_url(value: str) -> str:
    if value:
        TypeAdapter(AnyHttpUrl).validate_python(value)
    return value.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]


class PlatformSettings(ServiceSettings, StreamTimeouts):
    """What the platform services read; a provider needs both its key and its base URL."""

    platform_host: str = "127.0.0.1"
    platform_port: Port = 8010
    max_body_bytes: Bytes = 64 * 1024 * 1024

    chutes_api_key: SecretStr = Field(_NO_KEY, validation_alias="CHUTES_API_KEY")
    chutes_base_url: BaseUrl = Field("", validation_alias="CHUTES_BASE_URL")
    openai_api_key: SecretStr = Field(_NO_KEY, validation_alias="OPENAI_API_KEY")
    openai_base_url: BaseUrl = Field("", validation_alias="OPENAI_BASE_URL")
    inference_model: str = Field("", description="Asked of the provider instead of the caller's model.")

    embedded_slots: int = Field(2, ge=1, le=16, description="Answers of the embedded model at once.")
    embedded_context: int = Field(4096, ge=512, le=8192, description="Tokens per slot.")
    embedded_threads: int = Field(0, ge=0, le=256, description="0 takes one per core.")
    embedded_queue: int = Field(32, ge=0, description="Calls that may wait for a slot.")
