"""The environment variables of the baseline."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, TypeAdapter

from janus_mesh.settings import Bytes, HttpSettings, Port, Seconds, ServiceSettings, StreamTimeouts

from .agents import AgentName


def _url(value: str) -> str:
    TypeAdapter(AnyHttpUrl).validate_python(value)
    return value.rstrip("/")


class AgentCliSettings(ServiceSettings, HttpSettings, StreamTimeouts):
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

    agent: AgentName | Literal["off"] = Field(
        "aider", validation_alias="JANUS_BASELINE_AGENT", description="Who works on the complex path."
    )
    agent_timeout: Seconds = Field(
        300.0, validation_alias="BASELINE_AGENT_CLI_AGENT_TIMEOUT", description="For an agent's whole work."
    )
    agent_max_tokens: int = Field(
        8192,
        ge=1,
        validation_alias="BASELINE_AGENT_CLI_AGENT_MAX_TOKENS",
        description="Bound on each turn of an agent's model.",
    )
    sandbox_flavor: str = Field("medium", validation_alias="BASELINE_AGENT_CLI_SANDBOX_FLAVOR")
    sandbox_timeout: Seconds = Field(
        10.0, validation_alias="BASELINE_AGENT_CLI_SANDBOX_TIMEOUT", description="For a sandbox to be ready."
    )
    artifact_ttl: int = Field(
        86_400,
        ge=1,
        le=30 * 86_400,
        validation_alias="BASELINE_AGENT_CLI_ARTIFACT_TTL",
        description="How long artifacts are kept, seconds.",
    )
    most_artifacts: int = Field(32, ge=0, le=1000, validation_alias="BASELINE_AGENT_CLI_MOST_ARTIFACTS")
    long_characters: int = Field(
        8_000,
        ge=1,
        validation_alias="BASELINE_AGENT_CLI_LONG_CHARACTERS",
        description="A question longer than this goes to an agent.",
    )
    second_opinion: bool = Field(
        False,
        validation_alias="BASELINE_AGENT_CLI_SECOND_OPINION",
        description="Asks the model where the rules are not certain.",
    )
    second_opinion_timeout: Seconds = Field(2.0, validation_alias="BASELINE_AGENT_CLI_SECOND_OPINION_TIMEOUT")
    max_body_bytes: Bytes = 64 * 1024 * 1024

    @property
    def platform_url(self) -> str:
        """The platform services, which the inference proxy is one of."""
        return self.inference_url.removesuffix("/v1")
