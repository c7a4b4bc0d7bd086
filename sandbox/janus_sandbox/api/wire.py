"""What travels: camelCase out; in, snake_case too. Unknown fields are ignored: another Sandy has more."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

from janus_sandbox.limits import DEFAULT_FLAVOR, FLAVORS

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_VARIABLES = 200


def _variables(env: dict[str, str]) -> dict[str, str]:
    for name, value in env.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:64]!r} is no name for a variable")
        if "\0" in value:
            raise ValueError(f"the value of {name} holds a NUL")
    return env


def _flavor(name: str) -> str:
    if name not in FLAVORS:
        raise ValueError(f"one of {', '.join(FLAVORS)} is needed")
    return name


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL")
    return text


Env = Annotated[dict[str, str], Field(max_length=_MOST_VARIABLES), AfterValidator(_variables)]
Text = Annotated[str, AfterValidator(_no_nul)]
Path = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_no_nul)]


class Wire(BaseModel):
    """The base of all that travels."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class CreateRequest(Wire):
    priority: Literal["low", "normal", "high"] = "normal"
    preemptable: bool | None = Field(None, description="By default those of low priority are.")
    ttl_seconds: float | None = Field(None, gt=0)
    flavor: Annotated[str, AfterValidator(_flavor)] = DEFAULT_FLAVOR
    expose_ports: list[Annotated[int, Field(ge=1, le=65535)]] = Field([], max_length=32)
    env: Env = {}
    egress_token: SecretStr = Field(
        SecretStr(""), description="Bearer token of all its calls to the platform; never seen inside."
    )


class ExecRequest(Wire):
    command: Text | list[Text] = Field(description="A shell command, or a program and its arguments.")
    timeout_ms: int = Field(60_000, ge=1)
    cwd: Path = "/workspace"
    env: Env = {}


class ExecResponse(Wire):
    stdout: str
    stderr: str
    exit_code: int
    duration_ms: float
    timed_out: bool
    truncated: bool


class WriteRequest(Wire):
    path: Path
    content: str
    encoding: Literal["utf-8", "base64"] = "utf-8"
    mode: int = Field(0o644, ge=0, le=0o777)


class AgentRequest(Wire):
    agent: str
    prompt: Text = Field(min_length=1, max_length=100_000)
    model: Text = ""
    max_duration: float = Field(300, gt=0, description="Seconds.")
    raw_prompt: bool = False
    system_prompt: Text = Field("", max_length=20_000)
    env: Env = {}
    api_base_url: Text = ""


class RefreshRequest(Wire):
    ttl_seconds: float | None = Field(None, gt=0)


class PreviewRequest(Wire):
    port: int = Field(ge=1, le=65535)


class UsageView(Wire):
    memory_bytes: int | None
    peak_memory_bytes: int | None
    cpu_seconds: float | None
    processes: int | None
    oom_kills: int
    egress_calls: int
    egress_refusals: int
    egress_bytes_in: int
    egress_bytes_out: int


class SandboxView(Wire):
    sandbox_id: str
    url: str
    state: str
    end_reason: str | None
    priority: str
    preemptable: bool
    flavor: str
    expose_ports: list[int]
    created_at: str
    expires_at: str
    sandbox_seconds: float
    usage: UsageView
