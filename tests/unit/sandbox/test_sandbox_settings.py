"""What the sandbox service reads from its environment."""

from pathlib import Path

import pytest

from janus_mesh.settings import load
from janus_sandbox.settings import SandboxSettings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("SANDY_API_KEY", raising=False)
    return monkeypatch


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_no_key_is_needed(environment: pytest.MonkeyPatch, host: str) -> None:
    environment.setenv("JANUS_SANDBOX_HOST", host)
    assert load(SandboxSettings).sandbox_host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "box.example"])
def test_elsewhere_a_key_is_needed(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    environment.setenv("JANUS_SANDBOX_HOST", host)
    with pytest.raises(SystemExit):
        load(SandboxSettings)
    assert "JANUS_SANDBOX_HOST" in capsys.readouterr().err
    environment.setenv("SANDY_API_KEY", "secret")
    assert load(SandboxSettings).sandbox_host == host


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JANUS_PLATFORM_URL", "nowhere"),
        ("JANUS_SANDBOX_MAX", "0"),
        ("JANUS_SANDBOX_TTL", "-1"),
        ("JANUS_SANDBOX_WARM", "many"),
    ],
)
def test_a_bad_value_is_named_by_its_variable(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    with pytest.raises(SystemExit) as caught:
        load(SandboxSettings)
    assert caught.value.code == 2
    assert variable in capsys.readouterr().err


def test_folders_of_the_image_are_separated_by_colons(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JANUS_SANDBOX_IMAGE", "/opt/a:/opt/b")
    assert load(SandboxSettings).image_folders == (Path("/opt/a"), Path("/opt/b"))


@pytest.mark.parametrize(("host", "target"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("box", "box")])
def test_urls_name_a_host_that_can_be_called(host: str, target: str) -> None:
    assert SandboxSettings(sandbox_host=host, sandy_api_key="k").target == target
