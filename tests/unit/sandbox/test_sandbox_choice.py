"""Which backend is taken: the one that was asked for, else the first whose trial run succeeds, else none."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from janus_mesh.errors import Unavailable
from janus_sandbox import choice
from janus_sandbox.backend import Backend
from janus_sandbox.insecure import Insecure
from janus_sandbox.settings import SandboxSettings


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the backends that were tried. Only gVisor can isolate on this machine."""
    names: list[str] = []

    async def opened(name: str, _: SandboxSettings) -> Backend:
        names.append(name)
        if name != "gvisor":
            raise Unavailable(f"no {name} here")
        return Insecure()

    monkeypatch.setattr(choice, "opened", opened)
    return names


async def test_by_itself_bubblewrap_is_the_only_one_tried(tried: list[str]) -> None:
    with pytest.raises(Unavailable, match=r"no bubblewrap here; JANUS_SANDBOX_BACKEND=auto tries the others"):
        await choice.choose(SandboxSettings())
    assert tried == ["bubblewrap"]


async def test_auto_takes_the_first_that_can_and_says_why_not_an_earlier_one(tried: list[str]) -> None:
    with capture_logs() as logs:
        await (await choice.choose(SandboxSettings(sandbox_backend="auto"))).close()
    assert tried == ["bubblewrap", "gvisor"]
    (line,) = [line for line in logs if line["event"] == "another backend than the first"]
    assert line["reasons"] == ["bubblewrap: no bubblewrap here"]


async def test_one_that_is_named_is_not_replaced(tried: list[str]) -> None:
    with pytest.raises(Unavailable, match="no docker here"):
        await choice.choose(SandboxSettings(sandbox_backend="docker"))
    assert tried == ["docker"]


async def test_without_isolation_is_never_chosen_but_by_name(tried: list[str]) -> None:
    settings = SandboxSettings(sandbox_backend="podman", sandbox_insecure=True)
    with capture_logs() as logs:
        backend = await choice.choose(settings)
    await backend.close()
    assert not backend.isolation.secure
    assert [line["lost"] for line in logs if line["event"] == "NO ISOLATION"] == [Insecure.isolation.missing]


@pytest.mark.parametrize("name", ["gvisor", "podman", "docker"])
async def test_a_missing_program_is_named_and_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="on the PATH"):
        await choice.opened(name, SandboxSettings(sandbox_state=tmp_path / "state"))
    assert list((tmp_path / "state").iterdir()) == []
