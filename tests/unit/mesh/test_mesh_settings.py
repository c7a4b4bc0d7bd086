"""Configuration comes from the environment, and a mistake in it is named."""

import pytest
from pydantic import Field, SecretStr

from janus_mesh.settings import Port, ServiceSettings, StreamTimeouts, load


class Settings(ServiceSettings, StreamTimeouts):
    some_port: Port = 8000
    some_key: SecretStr | None = Field(None, min_length=8)
    legacy: int = Field(1, validation_alias="OLD_NAME")


def test_every_base_reads_the_same_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANUS_SOME_PORT", "8001")
    monkeypatch.setenv("JANUS_GAP_TIMEOUT", "7.5")
    monkeypatch.setenv("JANUS_LOG_LEVEL", "debug")
    monkeypatch.setenv("OLD_NAME", "2")
    settings = load(Settings)
    assert (settings.some_port, settings.gap_timeout, settings.log_level, settings.legacy) == (
        8001,
        7.5,
        "debug",
        2,
    )


def test_a_name_without_the_prefix_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_PORT", "9")
    monkeypatch.setenv("GAP_TIMEOUT", "9")
    settings = load(Settings)
    assert (settings.some_port, settings.gap_timeout) == (8000, 120.0)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JANUS_SOME_PORT", "70000"),
        ("JANUS_SOME_PORT", "http"),
        ("JANUS_TOTAL_TIMEOUT", "0"),
        ("JANUS_LOG_LEVEL", "loud"),
        ("OLD_NAME", "x"),
    ],
)
def test_a_bad_value_ends_the_process_naming_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as caught:
        load(Settings)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith(f"{variable}: ")


def test_a_bad_secret_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JANUS_SOME_KEY", "hush")
    with pytest.raises(SystemExit):
        load(Settings)
    shown = capsys.readouterr().err
    assert shown.startswith("JANUS_SOME_KEY: ")
    assert "hush" not in shown
