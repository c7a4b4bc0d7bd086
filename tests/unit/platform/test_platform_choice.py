"""Which backend the environment asks for."""

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from janus_mesh.settings import load
from janus_platform.inference.choice import choose, configured_endpoint
from janus_platform.inference.embedded.model import EmbeddedModel
from janus_platform.inference.provider import Endpoint, Provider
from janus_platform.settings import PlatformSettings

OPENAI = {"OPENAI_API_KEY": "sk-openai", "OPENAI_BASE_URL": "https://openai.example/v1/"}
CHUTES = {"CHUTES_API_KEY": "sk-chutes", "CHUTES_BASE_URL": "https://chutes.example/v1"}


@pytest.fixture(autouse=True)
def _no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*OPENAI, *CHUTES, "JANUS_INFERENCE_MODEL"):
        monkeypatch.delenv(name, raising=False)


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> PlatformSettings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return PlatformSettings()


def test_without_a_provider_the_embedded_model_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(choose(settings(monkeypatch)), EmbeddedModel)


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        (OPENAI, Endpoint("https://openai.example/v1", "sk-openai")),
        (CHUTES, Endpoint("https://chutes.example/v1", "sk-chutes")),
        (OPENAI | CHUTES, Endpoint("https://chutes.example/v1", "sk-chutes")),
    ],
    ids=["openai", "chutes", "both"],
)
def test_a_key_and_a_base_url_are_a_provider(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], endpoint: Endpoint
) -> None:
    configured = settings(monkeypatch, **variables)
    assert configured_endpoint(configured) == endpoint
    assert isinstance(choose(configured), Provider)


@pytest.mark.parametrize("name", [*OPENAI, *CHUTES])
def test_half_a_provider_is_not_used_and_said(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with capture_logs() as lines:
        assert configured_endpoint(settings(monkeypatch, **{name: (OPENAI | CHUTES)[name]})) is None
    (line,) = lines
    assert line["log_level"] == "warning"
    assert line["event"].startswith(name)


def test_half_of_one_provider_leaves_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"CHUTES_API_KEY": "sk-chutes", **OPENAI}
    endpoint = configured_endpoint(settings(monkeypatch, **variables))
    assert endpoint is not None
    assert endpoint.key == "sk-openai"


def test_the_model_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = choose(settings(monkeypatch, JANUS_INFERENCE_MODEL="big", **OPENAI))
    assert isinstance(backend, Provider)
    assert backend.health().model == "big"


def test_a_provider_without_a_model_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_logs() as lines:
        choose(settings(monkeypatch, **OPENAI))
    assert any("JANUS_INFERENCE_MODEL" in line["event"] for line in lines if line["log_level"] == "warning")


def test_keys_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    configured = settings(monkeypatch, **OPENAI)
    with capture_logs() as lines:
        choose(configured)
    assert "sk-openai" not in f"{configured!r} {configured_endpoint(configured)!r} {lines}"


def test_a_bad_base_url_ends_the_process_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "openai.example")
    with pytest.raises(ValidationError):
        PlatformSettings()
    with pytest.raises(SystemExit):
        load(PlatformSettings)
    assert capsys.readouterr().err.startswith("OPENAI_BASE_URL")
