"""The environment variables of the sandbox service."""

import ipaddress
import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)

from janus_mesh.http import AllowedHosts
from janus_mesh.settings import Bytes, HttpSettings, Port, Seconds, ServiceSettings

from .limits import MIB


def _url(value: str) -> str:
    TypeAdapter(AnyHttpUrl).validate_python(value)
    return value.rstrip("/")


def _state_folder() -> Path:
    """One that other users may pass through, unlike most homes, and run programs from, unlike many a /run."""
    user = os.geteuid()
    return (
        Path("/var/lib/janus-sandbox") if user == 0 else Path(tempfile.gettempdir(), f"janus-sandbox-{user}")
    )


Url = Annotated[str, AfterValidator(_url)]


class SandboxSettings(ServiceSettings, HttpSettings):
    """What the service reads."""

    sandy_api_key: SecretStr = Field(SecretStr(""), validation_alias="SANDY_API_KEY")
    sandbox_host: str = Field("127.0.0.1", validate_default=True)
    sandbox_port: Port = 8020
    artifact_port: Port = Field(5173, description="Serves the sandboxes' artifacts and exposed ports.")
    sandbox_public_url: str = Field("", description="Where that port is reached from outside.")
    platform_url: Url = Field("http://127.0.0.1:8010", description="The only place sandboxes can reach.")

    sandbox_backend: Literal["auto", "bubblewrap", "gvisor", "podman", "docker"] = Field(
        "bubblewrap", description="What isolates; `auto`: the first of the others whose trial run succeeds."
    )
    sandbox_insecure: bool = Field(False, description="Run without isolation where there is none.")
    sandbox_state: Path = Field(default_factory=_state_folder)
    sandbox_image: str = Field("", description="Folders seen inside at their own path, `:` between.")
    sandbox_agents: Path | None = Field(None, description="JSON file with further agents.")

    sandbox_max: int = Field(32, ge=1, le=4096, description="Sandboxes at once.")
    sandbox_memory_bytes: Bytes = Field(8192 * MIB, description="Memory limits of all sandboxes together.")
    sandbox_owner_share: float = Field(
        0.75, gt=0, le=1, description="Part of both that the sandboxes of one owner may take."
    )
    sandbox_warm: int = Field(1, ge=0, le=64, description="Sandboxes kept ready.")
    sandbox_ttl: Seconds = Field(600, description="Life of a sandbox whose caller says none.")
    sandbox_max_ttl: Seconds = 7200
    sandbox_max_exec: Seconds = Field(600, description="Longest command.")
    sandbox_max_file_bytes: Bytes = 32 * MIB
    sandbox_max_output_bytes: Bytes = Field(1 * MIB, description="Kept of each output of a command.")

    @property
    def target(self) -> str:
        """The host as a caller on this machine writes it in a URL."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.sandbox_host, self.sandbox_host)  # noqa: S104
        return f"[{host}]" if ":" in host else host

    @property
    def hosts(self) -> AllowedHosts:
        """The names under which both ports are reached."""
        return AllowedHosts.of(
            self.allowed_hosts, listening=self.sandbox_host, urls=[self.sandbox_public_url]
        )

    @property
    def image_folders(self) -> tuple[Path, ...]:
        return tuple(Path(part).resolve() for part in self.sandbox_image.split(":") if part)

    @field_validator("sandbox_host")
    @classmethod
    def _strangers_need_a_key(cls, host: str, info: ValidationInfo) -> str:
        """Whoever reaches this API runs commands: beyond this machine only with a key."""
        key = info.data.get("sandy_api_key")
        if not _is_loopback(host) and not (key and key.get_secret_value()):
            raise ValueError("set SANDY_API_KEY to listen on an address that others reach")
        return host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
