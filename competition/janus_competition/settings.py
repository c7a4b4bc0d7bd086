"""The competition service's environment variables."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from janus_mesh.request_token import checked_key
from janus_mesh.settings import Port, Seconds, ServiceSettings

from .runs.signature import PublicKey

Count = Annotated[int, Field(ge=1, le=1_000_000)]


class CompetitionSettings(ServiceSettings):
    """Read once at start."""

    competition_host: str = "127.0.0.1"
    competition_port: Port = 50060
    competition_metrics_port: Port = 9160

    competition_data: Path = Field(Path(".janus/competition"), description="Folder of the SQLite file.")
    database_url: str = Field("", validation_alias="JANUS_DATABASE_URL", description="PostgreSQL instead.")
    competition_key: Annotated[SecretStr, AfterValidator(checked_key)] = Field(
        SecretStr(""), description="Signs battles and hashes addresses; random when empty."
    )
    competition_trusted_keys: Annotated[tuple[PublicKey, ...], NoDecode] = Field(
        (), description="Ed25519 keys, base64, whose runs are accepted."
    )

    arena_battle_seconds: Seconds = Field(3_600.0, description="How long a battle may be voted on.")
    arena_battles_per_hour: Count = Field(60, description="For one address, and for one browser.")
    submissions_per_day: Count = Field(10, description="For one address.")

    try_it: bool = Field(False, description="Lets visitors call components through the marketplace.")
    try_per_minute: Count = Field(20, description="Trials of one address.")
    try_budget_usd: Annotated[float, Field(gt=0, le=100)] = 0.01
    platform_url: str = Field("http://127.0.0.1:8010", description="Where components are tried.")
    platform_key: Annotated[SecretStr, AfterValidator(checked_key)] = Field(
        SecretStr(""), description="Mints the tokens of trials."
    )

    @field_validator("competition_trusted_keys", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return value
