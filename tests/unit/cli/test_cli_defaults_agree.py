"""The addresses that the command line assumes are those that the rooms take by themselves."""

import os

import pytest

from janus_baseline.agent_cli.settings import AgentCliSettings
from janus_baseline.langchain.settings import LangChainSettings
from janus_cli.services import drain_seconds, resolve
from janus_competition.settings import CompetitionSettings
from janus_edge.settings import EdgeSettings
from janus_mesh.settings import ServiceSettings
from janus_platform.settings import PlatformSettings
from janus_router.settings import RouterSettings
from janus_sandbox.settings import SandboxSettings
from janus_shim.settings import Settings as ShimSettings


@pytest.fixture
def addresses(monkeypatch):
    """What `janus up` puts into the environment of its services when nothing is set."""
    for name in list(os.environ):
        if name.startswith(("JANUS_", "BASELINE_")):
            monkeypatch.delenv(name)
    return resolve({}, sandbox_key="k").environment


@pytest.mark.parametrize(
    ("settings", "variables"),
    [
        (EdgeSettings, {"host": "JANUS_HOST", "port": "JANUS_PORT", "router_url": "JANUS_ROUTER_URL"}),
        (
            RouterSettings,
            {
                "router_host": "JANUS_ROUTER_HOST",
                "router_port": "JANUS_ROUTER_PORT",
                "router_metrics_port": "JANUS_ROUTER_METRICS_PORT",
                "shim_url": "JANUS_SHIM_URL",
            },
        ),
        (
            ShimSettings,
            {
                "shim_host": "JANUS_SHIM_HOST",
                "shim_port": "JANUS_SHIM_PORT",
                "shim_metrics_port": "JANUS_SHIM_METRICS_PORT",
            },
        ),
        (
            SandboxSettings,
            {
                "sandbox_host": "JANUS_SANDBOX_HOST",
                "sandbox_port": "JANUS_SANDBOX_PORT",
                "artifact_port": "JANUS_ARTIFACT_PORT",
                "platform_url": "JANUS_PLATFORM_URL",
            },
        ),
        (
            CompetitionSettings,
            {
                "competition_host": "JANUS_COMPETITION_HOST",
                "competition_port": "JANUS_COMPETITION_PORT",
                "competition_metrics_port": "JANUS_COMPETITION_METRICS_PORT",
            },
        ),
        (PlatformSettings, {"platform_host": "JANUS_PLATFORM_HOST", "platform_port": "JANUS_PLATFORM_PORT"}),
        (
            AgentCliSettings,
            {
                "host": "BASELINE_AGENT_CLI_HOST",
                "port": "BASELINE_AGENT_CLI_PORT",
                "inference_url": "JANUS_INFERENCE_URL",
            },
        ),
        (
            LangChainSettings,
            {
                "host": "BASELINE_LANGCHAIN_HOST",
                "port": "BASELINE_LANGCHAIN_PORT",
                "inference_url": "JANUS_INFERENCE_URL",
            },
        ),
    ],
)
def test_a_room_started_alone_is_where_the_command_line_looks(addresses, settings, variables):
    alone = settings()
    assert {field: str(getattr(alone, field)) for field in variables} == {
        field: addresses[variable] for field, variable in variables.items()
    }


def test_the_drain_time_is_the_services_own(addresses):
    assert drain_seconds({}) == ServiceSettings().drain_seconds
