"""Whom a run asks: the address on the command line, taken apart once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from janus_mesh.errors import InvalidRequest

_DEFAULT_PORTS = {"http": 80, "https": 443, "grpc": 50051}


@dataclass(frozen=True, slots=True)
class Target:
    """A server of chat completions, and what is asked for there."""

    url: str
    transport: Literal["http", "grpc"]
    host: str
    port: int
    tls: bool = False
    base_path: str = "/v1"
    model: str = "janus"
    competitor_id: str = ""
    api_key: str = ""

    @classmethod
    def parse(cls, url: str, *, model: str = "janus", competitor_id: str = "", api_key: str = "") -> Self:
        """Raises `InvalidRequest` naming `target`. An http address may stop at the host or end in `/v1`."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidRequest(f"{url!r} is no address: {error}", param="target") from None
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise InvalidRequest(
                f"{url!r} is not of the form http(s)://host or grpc://host:port", param="target"
            )
        return cls(
            url=url.rstrip("/"),
            transport="grpc" if parts.scheme == "grpc" else "http",
            host=parts.hostname,
            port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
            tls=parts.scheme == "https",
            base_path=parts.path.rstrip("/") or "/v1",
            model=model,
            competitor_id=competitor_id,
            api_key=api_key,
        )

    def asking(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """A suite's request as it is put to this target: for a stream with its usage."""
        whom = {"competitor_id": self.competitor_id} if self.competitor_id else {}
        options = {"include_usage": True}
        return {**request, "model": self.model, "stream": True, "stream_options": options, **whom}

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}"
