"""The tables of variables in the rooms' READMEs are their settings classes, with the same defaults."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from janus_baseline.agent_cli.settings import AgentCliSettings
from janus_baseline.langchain.settings import LangChainSettings
from janus_competition.settings import CompetitionSettings
from janus_edge.settings import EdgeSettings
from janus_mesh.settings import HttpSettings, MeshSettings, ServiceSettings, StreamTimeouts, variable_of
from janus_platform.settings import PlatformSettings
from janus_router.settings import RouterSettings
from janus_sandbox.settings import SandboxSettings
from janus_shim.settings import Settings as ShimSettings

ROOT = Path(__file__).parents[2]
CLASSES: list[tuple[str, type[BaseSettings]]] = [
    ("mesh", ServiceSettings),
    ("mesh", HttpSettings),
    ("mesh", StreamTimeouts),
    ("mesh", MeshSettings),
    ("edge", EdgeSettings),
    ("router", RouterSettings),
    ("competitor_shim", ShimSettings),
    ("platform_services", PlatformSettings),
    ("sandbox", SandboxSettings),
    ("baseline", AgentCliSettings),
    ("baseline", LangChainSettings),
    ("competition", CompetitionSettings),
]
READMES = [*dict.fromkeys(room for room, _ in CLASSES), "bench", "cli"]
_VARIABLE = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`")


def variables(room: str) -> dict[str, str | None]:
    """What the tables of a README list, with the default where it is written as a literal."""
    found: dict[str, str | None] = {}
    for row in re.findall(r"^\| (`[^\n]*) \|$", (ROOT / room / "README.md").read_text(), re.MULTILINE):
        names, default, *_ = [*row.split(" | "), ""]
        listed, values = _VARIABLE.findall(names), re.findall(r"`([^`]*)`", default)
        literal = len(values) == len(listed) and not re.sub(r"`[^`]*`|[, ]", "", default)
        found |= dict(zip(listed, values if literal else [None] * len(listed), strict=True))
    return found


def same(written: str, default: object) -> bool:
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, bool):
        return written == str(default).lower()
    if isinstance(default, int | float):
        return float(written) == default
    if isinstance(default, tuple):
        return written == ",".join(str(one) for one in default)
    return written == str(default)


@pytest.mark.parametrize(("room", "settings"), CLASSES, ids=lambda one: getattr(one, "__name__", one))
def test_every_field_is_listed_with_its_default(room: str, settings: type[BaseSettings]) -> None:
    listed = {**variables("mesh"), **variables(room)}
    fields = {variable_of(settings, name): field.default for name, field in settings.model_fields.items()}
    assert fields.keys() - listed.keys() == set()
    wrong = {
        name: (written, default)
        for name, default in fields.items()
        if (written := listed[name]) is not None and not same(written, default)
    }
    assert wrong == {}


@pytest.mark.parametrize("room", READMES)
def test_every_listed_variable_is_read(room: str) -> None:
    fields = {
        variable_of(settings, name)
        for where, settings in CLASSES
        if where == room
        for name in settings.model_fields
    }
    listed = variables(room).keys()
    # `janus up` reads some, too, to decide what it starts.
    sources = "".join(
        path.read_text() for one in (room, "cli") for path in (ROOT / one).glob("janus_*/**/*.py")
    )
    assert {name for name in listed - fields if f'"{name}"' not in sources} == set()
