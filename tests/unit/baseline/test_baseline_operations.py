"""Health, models and configuration of the baseline, as the competitor contract wants them."""

import pytest
from support import competitor_scripts as scripts
from support.baseline import baseline, baseline_at
from support.stack import free_port

from janus_baseline.agent_cli.settings import AgentCliSettings
from janus_mesh.settings import load


async def test_it_is_healthy_when_the_proxy_is() -> None:
    async with baseline(scripts.completion()) as running:
        health = await running.client.get("/health")
    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert health.json()["version"]


async def test_it_is_not_healthy_while_the_model_loads() -> None:
    async with baseline(scripts.completion()) as running:
        running.inference.health = scripts.answer(503, b'{"status": "loading"}')
        health = await running.client.get("/health")
    assert health.status_code == 503
    assert "loading" in health.json()["reason"]


async def test_it_is_not_healthy_without_a_proxy() -> None:
    async with baseline_at(f"http://127.0.0.1:{free_port()}/v1") as client:
        health = await client.get("/health")
    assert health.status_code == 503
    assert "cannot be reached" in health.json()["reason"]


async def test_a_proxy_without_a_health_path_will_do() -> None:
    async with baseline(scripts.completion()) as running:
        running.inference.health = scripts.answer(404, b"{}")
        assert (await running.client.get("/health")).status_code == 200


async def test_a_body_of_too_many_values_is_refused() -> None:
    async with baseline(scripts.completion()) as running:
        answer = await running.client.post("/v1/chat/completions", json={"messages": [], "x": [1] * 100_000})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_many_values")


async def test_it_lists_itself() -> None:
    async with baseline(scripts.completion()) as running:
        (entry,) = (await running.client.get("/v1/models")).json()["data"]
    assert (entry["id"], entry["object"]) == ("baseline-agent-cli", "model")


def test_it_is_configured_by_its_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "BASELINE_AGENT_CLI_PORT": "9",
        "BASELINE_AGENT_CLI_OPENAI_API_KEY": "sk",
        "BASELINE_AGENT_CLI_MODEL": "m",
        "BASELINE_AGENT_CLI_MAX_TOKENS": "7",
        "JANUS_INFERENCE_URL": "http://proxy:1/v1/",
        "JANUS_TOTAL_TIMEOUT": "5",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load(AgentCliSettings)
    assert (settings.port, settings.model, settings.max_tokens) == (9, "m", 7)
    assert settings.openai_api_key.get_secret_value() == "sk"
    assert (settings.inference_url, settings.total_timeout) == ("http://proxy:1/v1", 5)


@pytest.mark.parametrize(
    ("name", "value"), [("BASELINE_AGENT_CLI_MAX_TOKENS", "0"), ("JANUS_INFERENCE_URL", "proxy")]
)
def test_a_bad_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        load(AgentCliSettings)
    assert capsys.readouterr().err.startswith(name)
