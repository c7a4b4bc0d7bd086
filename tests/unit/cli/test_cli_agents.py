"""Which folders sandboxes are shown so that the installed agents run."""

import os
from pathlib import Path

import pytest

from janus_cli import agents, checks
from janus_cli.checks import Level
from janus_cli.report import about_the_agents
from janus_cli.services import resolve


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which aider is installed, under an interpreter of somebody's home."""
    home = tmp_path / "python"
    for folder in (home / "bin", tmp_path / "agents" / "bin", tmp_path / "agents" / "aider" / "bin"):
        folder.mkdir(parents=True)
    (home / "bin" / "python3").touch()
    (tmp_path / "agents" / "aider" / "bin" / "python").symlink_to(home / "bin" / "python3")
    (tmp_path / "agents" / "bin" / "aider").touch()
    return {agents.FOLDER: str(tmp_path / "agents")}


def test_sandboxes_see_the_agents_and_the_interpreter_outside_of_usr(
    installed: dict[str, str], tmp_path: Path
) -> None:
    assert agents.installed(installed) == ("aider",)
    assert agents.image(installed) == f"{tmp_path}/agents:{tmp_path}/python"


def test_an_interpreter_of_usr_is_seen_anyway(installed: dict[str, str], tmp_path: Path) -> None:
    python = tmp_path / "agents" / "aider" / "bin" / "python"
    python.unlink()
    python.symlink_to("/usr/bin/env")
    assert agents.image(installed) == f"{tmp_path}/agents"


def test_the_users_own_image_wins(installed: dict[str, str]) -> None:
    assert agents.image({**installed, agents.IMAGE: "/opt/mine"}) == "/opt/mine"


def test_the_sandbox_service_alone_is_told_of_the_folders(installed: dict[str, str]) -> None:
    stack = resolve(installed, sandbox_key="key")
    (sandbox,) = [service for service in stack.services if service.name == "sandbox"]
    assert sandbox.environment[agents.IMAGE] == agents.image(installed)
    assert about_the_agents(stack) == ()


def test_a_start_without_agents_says_what_installs_them(tmp_path: Path) -> None:
    none = {agents.FOLDER: str(tmp_path)}
    (said,) = about_the_agents(resolve(none, sandbox_key="key"))
    assert "`make agents`" in said
    assert about_the_agents(resolve(none)) == ()  # without sandboxes agents would not help


@pytest.mark.parametrize(
    ("wanted", "level"), [("", Level.OK), ("aider", Level.OK), ("off", Level.OK), ("pi", Level.WARN)]
)
def test_doctor_looks_for_the_agent_that_is_chosen(
    installed: dict[str, str], wanted: str, level: Level
) -> None:
    assert checks.installed_agents({**installed, "JANUS_BASELINE_AGENT": wanted}).level is level


def test_doctor_says_what_installs_agents(tmp_path: Path) -> None:
    finding = checks.installed_agents({agents.FOLDER: str(tmp_path)})
    assert (finding.level, finding.fix) == (Level.WARN, "run `make agents`")


def test_the_folder_is_taken_without_links(tmp_path: Path) -> None:
    """What is mounted in a sandbox must lie where its programs believe it to be."""
    (tmp_path / "link").symlink_to(tmp_path)
    assert agents.folder({agents.FOLDER: str(tmp_path / "link")}) == Path(os.path.realpath(tmp_path))
