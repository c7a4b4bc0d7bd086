"""What travels: camelCase out; in, snake_case too. Unknown fields are ignored: another Sandy has more."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic.alias_generators import to_camel

from janus_sandbox.limits import DEFAULT_FLAVOR, FLAVORS, SANDY_FLAVORS

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_VARIABLES = 200
_SANDY_PRIORITIES = ("high", "high", "normal", "low")
_MOST_WORDS = 4096
_EXEC_SECONDS = 60.0


def _variables(env: dict[str, str]) -> dict[str, str]:
    for name, value in env.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:64]!r} is no name for a variable")
        if "\0" in value:
            raise ValueError(f"the value of {name} holds a NUL")
    return env


def _flavor(name: str) -> str:
    known = SANDY_FLAVORS.get(name, name)
    if known not in FLAVORS:
        raise ValueError(f"one of {', '.join((*FLAVORS, *SANDY_FLAVORS))} is needed")
    return known


def _priority(value: object) -> object:
    """Words in any case, and Sandy's numbers: 0 is critical, 3 is low."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, int) and 0 <= value < len(_SANDY_PRIORITIES):
        return _SANDY_PRIORITIES[value]
    if isinstance(value, str):
        return {"critical": "high"}.get(value.lower(), value.lower())
    return value


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
    priority: Annotated[Literal["low", "normal", "high"], BeforeValidator(_priority)] = "normal"
    preemptable: bool | None = Field(None, description="By default those of low priority are.")
    ttl_seconds: float | None = Field(None, gt=0)
    flavor: Annotated[str, AfterValidator(_flavor)] = DEFAULT_FLAVOR
    expose_ports: list[Annotated[int, Field(ge=1, le=65535)]] = Field([], max_length=32)
    env: Env = {}
    owner: Annotated[str, Field(max_length=128)] = Field(
        "", description="Whose it is, as a trusted caller says; bounds what one owner has at once."
    )
    egress_token: SecretStr = Field(
        SecretStr(""), description="Bearer token of all its calls to the platform; never seen inside."
    )


class ExecRequest(Wire):
    command: Text | Annotated[list[Text], Field(max_length=_MOST_WORDS)] = Field(
        description="A shell command, or a program and its arguments."
    )
    timeout_ms: int | None = Field(None, ge=1)
    timeout: float | None = Field(None, gt=0, description="Seconds; Sandy's older form of timeoutMs.")
    cwd: Path = "/workspace"
    env: Env = {}

    @field_validator("cwd", mode="before")
    @classmethod
    def _the_usual_folder(cls, value: object) -> object:
        return "/workspace" if value is None else value

    @field_validator("env", mode="before")
    @classmethod
    def _no_variables(cls, value: object) -> object:
        return {} if value is None else value

    @property
    def seconds(self) -> float:
        """How long the command may take."""
        if self.timeout_ms is not None:
            return self.timeout_ms / 1000
        return _EXEC_SECONDS if self.timeout is None else self.timeout


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
    agent: Annotated[str, Field(max_length=128)]
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
    id: str
    url: str
    public_url: str
    state: str
    status: str = Field(description="The same as `state`, as Sandy calls it.")
    end_reason: str | None
    priority: str
    preemptable: bool
    flavor: str
    expose_ports: list[int]
    created_at: str
    expires_at: str
    sandbox_seconds: float
    usage: UsageView
