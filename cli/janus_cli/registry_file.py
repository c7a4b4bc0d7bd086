"""The registry file, read by the reader that router and shim use: what they would refuse is refused here."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from janus_mesh.registry import Entry


class RegistryUnusable(Exception):
    """Router and shim would refuse the file; the message is `file:line: reason`."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.fix = fix


def path(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("JANUS_COMPETITORS") or "competitors.yaml")


def entries(environment: Mapping[str, str]) -> "tuple[Entry, ...]":
    """The competitors of the file. Raises `RegistryUnusable`."""
    from janus_mesh.registry import RegistryInvalid, read  # late: most commands do without

    file = path(environment)
    if not file.exists():
        fix = "start `janus` where competitors.yaml is, or set JANUS_COMPETITORS to its path"
        raise RegistryUnusable(f"{file.absolute()} does not exist", fix)
    try:
        return read(file, environment.get("JANUS_DEFAULT_MODEL") or "janus")
    except RegistryInvalid as error:
        raise RegistryUnusable(str(error), f"correct {file}") from None


def variables(competitors: "Iterable[Entry]") -> list[str]:
    """The environment variables that the competitors' requests need, in order, each once."""
    return list(dict.fromkeys(name for entry in competitors for name in entry.variables))
