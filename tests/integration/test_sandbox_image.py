"""What a sandbox finds inside: the machine's programs, the folders that are asked for, agents in them."""

import sys
from pathlib import Path

import pytest
from support.sandbox_service import sandbox_service

from janus_sandbox import agents, image


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of tools below one that only its owner may pass through, as homes are."""
    home = tmp_path / "home"
    programs = home / "tools" / "bin"
    programs.mkdir(parents=True)
    programs.joinpath("greet").write_text('#!/bin/sh\necho "hello $1"\necho made >artifacts/greeting\n')
    programs.joinpath("greet").chmod(0o755)
    home.chmod(0o700)
    return home / "tools"


async def test_programs_of_the_machine_run_inside() -> None:
    async with sandbox_service() as service:
        ran = await service.exec(
            await service.create(), "python3 --version && git --version && bash --version"
        )
        assert ran["exitCode"] == 0


@pytest.mark.every_backend
async def test_who_it_is_and_where_says_nothing_of_the_machine(backend: str) -> None:
    async with sandbox_service(sandbox_backend=backend) as service:
        sandbox = await service.create()
        assert (await service.exec(sandbox, "whoami; hostname; echo $HOME"))["stdout"].split() == [
            "janus",
            "sandbox",
            "/home/janus",
        ]
        assert len((await service.exec(sandbox, "cat /etc/passwd"))["stdout"].splitlines()) == 3
        assert (await service.exec(sandbox, "cat /etc/resolv.conf"))["stdout"] == ""


@pytest.mark.every_backend
async def test_a_folder_of_tools_is_seen_at_its_own_path_and_can_be_called(tools: Path, backend: str) -> None:
    async with sandbox_service(sandbox_image=str(tools), sandbox_backend=backend) as service:
        sandbox = await service.create()
        ran = await service.exec(sandbox, "mkdir artifacts; command -v greet; greet you")
        assert ran["stdout"] == f"{tools}/bin/greet\nhello you\n"
        written = await service.exec(sandbox, f"touch {tools}/bin/evil")
        assert "Read-only file system" in written["stderr"] or "Permission denied" in written["stderr"]


async def test_an_agent_of_the_image_works_by_its_name_and_leaves_artifacts(
    tools: Path, tmp_path: Path
) -> None:
    table = tmp_path / "agents.json"
    table.write_text('{"greeter": {"argv": ["greet", "{prompt}"]}}')
    async with sandbox_service(agents.load(table), sandbox_image=str(tools)) as service:
        sandbox = await service.create()
        await service.exec(sandbox, "mkdir artifacts")
        events = await service.agent(sandbox, agent="greeter", prompt="world")
        assert [event.get("data") for event in events[1:-1]] == ["hello world"]
        assert events[-1]["success"] is True
        made = await service.client.get(f"{service.ingress_url}/{sandbox}/artifacts/greeting")
        assert made.text == "made\n"


OWN_PYTHON = Path(getattr(sys, "_base_executable", sys.executable)).resolve()


async def test_an_interpreter_outside_of_usr_carries_the_supervisor_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on machines whose Python is one of pyenv or uv, below somebody's home."""
    monkeypatch.setattr(image, "_python", lambda: (str(OWN_PYTHON), (OWN_PYTHON.parents[1],)))
    async with sandbox_service() as service:
        sandbox = await service.create()
        assert (await service.exec(sandbox, "readlink /proc/1/exe || echo hidden"))["stdout"] == "hidden\n"
        assert (await service.exec(sandbox, [str(OWN_PYTHON), "-c", "print(1)"]))["stdout"] == "1\n"
