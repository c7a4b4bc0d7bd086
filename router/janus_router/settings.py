"""The router's environment variables."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from janus_mesh.answer_limits import MAX_ANSWER_BYTES
from janus_mesh.request_token import checked_key
from janus_mesh.settings import Bytes, Port, Seconds, ServiceSettings, StreamTimeouts

from .selection import PolicyName

Count = Annotated[int, Field(ge=1, le=1_000_000)]


class RouterSettings(ServiceSettings, StreamTimeouts):
    """Read once at start; `competitors` names the file that is read again when it changes."""

    competitors: Path = Field(Path("competitors.yaml"), description="The registry file.")
    default_model: str = Field("janus", min_length=1, description="The model that stands for all.")
    shim_url: str = Field("127.0.0.1:50052", min_length=1, description="The shim of http(s) competitors.")

    router_host: str = "127.0.0.1"
    router_port: Port = 50051
    router_metrics_port: Port = 9151

    router_policy: PolicyName = "least_loaded"
    router_max_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    router_retry_ratio: Annotated[float, Field(ge=0, le=1)] = 0.2
    router_retry_per_second: Annotated[float, Field(ge=0, le=10_000)] = 10.0
    router_eject_after: Count = 5
    router_eject_callers: Annotated[int, Field(ge=1, le=256)] = 2
    router_eject_rate: Annotated[float, Field(gt=0, le=1)] = 0.5
    router_eject_window: Seconds = 120.0
    router_eject_seconds: Seconds = 10.0
    router_eject_probes_per_second: Annotated[float, Field(ge=0, le=10_000)] = 1.0
    router_queue: Annotated[int, Field(ge=0, le=1_000_000)] = 128
    router_queue_timeout: Seconds = 10.0
    router_max_exchanges: Count = 2_000
    router_max_answer_bytes: Bytes = Field(MAX_ANSWER_BYTES, description="Longest answer of a competitor.")

    platform_key: Annotated[SecretStr, AfterValidator(checked_key)] = Field(
        SecretStr(""), description="Signs the tokens that competitors show the platform services."
    )
    platform_url: str = Field("", description="Where the metered figures are asked for.")
    request_budget_usd: Annotated[float, Field(ge=0, le=1_000_000)] = 1.0
