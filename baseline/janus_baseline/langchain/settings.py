"""The environment variables of the LangChain baseline."""

from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, TypeAdapter

from janus_mesh.settings import Port, Seconds, ServiceSettings, StreamTimeouts


def _url(value: str) -> str:
    TypeAdapter(AnyHttpUrl).validate_python(value)
    return value.rstrip("/")


class LangChainSettings(ServiceSettings, StreamTimeouts):
    """What it reads; its own variables begin with BASELINE_LANGCHAIN_."""

    host: str = Field("127.0.0.1", validation_alias="BASELINE_LANGCHAIN_HOST")
    port: Port = Field(8002, validation_alias="BASELINE_LANGCHAIN_PORT")
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="BASELINE_LANGCHAIN_OPENAI_API_KEY",
        description="Sent to the inference proxy where a request has no token.",
    )
    model: str = Field(
        "",
        validation_alias="BASELINE_LANGCHAIN_MODEL",
        description="Asked of the inference proxy; empty passes the caller's model on.",
    )
    max_tokens: int = Field(
        512,
        ge=1,
        validation_alias="BASELINE_LANGCHAIN_MAX_TOKENS",
        description="Bound on each turn of the model where the caller gives none.",
    )
    max_turns: int = Field(
        6,
        ge=1,
        le=50,
        validation_alias="BASELINE_LANGCHAIN_MAX_TURNS",
        description="How often the model may be asked for one answer.",
    )
    tool_timeout: Seconds = Field(
        30.0, validation_alias="BASELINE_LANGCHAIN_TOOL_TIMEOUT", description="For one tool, seconds."
    )
    inference_url: Annotated[str, AfterValidator(_url)] = "http://127.0.0.1:8010/v1"

    @property
    def platform_url(self) -> str:
        """The platform services, which the inference proxy is one of."""
        return self.inference_url.removesuffix("/v1")
