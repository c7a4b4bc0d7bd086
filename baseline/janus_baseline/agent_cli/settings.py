"""The environment variables of the baseline."""

from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, TypeAdapter

from janus_mesh.settings import Bytes, Port, ServiceSettings, StreamTimeouts


def _url(value: str) -> str:
    TypeAdapter(AnyHttpUrl).validate_python(value)
    return value.rstrip("/")


class AgentCliSettings(ServiceSettings, StreamTimeouts):
    """What the baseline reads; its own variables begin with BASELINE_AGENT_CLI_."""

    host: str = Field("127.0.0.1", validation_alias="BASELINE_AGENT_CLI_HOST")
    port: Port = Field(8001, validation_alias="BASELINE_AGENT_CLI_PORT")
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="BASELINE_AGENT_CLI_OPENAI_API_KEY",
        description="Sent to the inference proxy.",
    )
    model: str = Field(
        "",
        validation_alias="BASELINE_AGENT_CLI_MODEL",
        description="Asked of the inference proxy; empty passes the caller's model on.",
    )
    max_tokens: int = Field(
        512,
        ge=1,
        validation_alias="BASELINE_AGENT_CLI_MAX_TOKENS",
        description="Bound on an answer whose caller gives none.",
    )
    inference_url: Annotated[str, AfterValidator(_url)] = "http://127.0.0.1:8010/v1"
    max_body_bytes: Bytes = 64 * 1024 * 1024
