"""The edge's environment variables."""

import pytest

from janus_edge.settings import EdgeSettings
from janus_mesh.settings import load


def test_the_defaults_serve_a_local_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JANUS_PORT", "JANUS_ROUTER_URL", "JANUS_API_KEYS", "JANUS_ARTIFACT_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings = load(EdgeSettings)
    assert (settings.port, settings.router_url) == (8000, "127.0.0.1:50051")
    assert settings.keepalive_seconds < 2
    assert settings.api_keys == ()
    assert settings.artifact_key is None


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANUS_CORS_ORIGINS", "https://a.example, https://b.example,")
    monkeypatch.setenv("JANUS_API_KEYS", "one,two")
    settings = load(EdgeSettings)
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert [key.get_secret_value() for key in settings.api_keys] == ["one", "two"]


def test_an_empty_artifact_key_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANUS_ARTIFACT_KEY", "")
    assert load(EdgeSettings).artifact_key is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JANUS_PORT", "99999"),
        ("JANUS_MAX_BODY_BYTES", "0"),
        ("JANUS_KEEPALIVE_SECONDS", "-1"),
        ("JANUS_MAX_STREAMS", "none"),
        ("JANUS_ARTIFACT_KEY", "short"),
        ("JANUS_PUBLIC_URL", "janus.example"),
    ],
)
def test_a_bad_value_ends_the_start_and_names_the_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        load(EdgeSettings)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"{name}: ")
