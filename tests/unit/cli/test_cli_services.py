"""How the environment becomes addresses, probes and the services' own environments."""

import pytest

from janus_cli.report import about_the_answers
from janus_cli.services import BadVariable, GrpcProbe, HttpProbe, drain_seconds, has_provider, resolve


def probes(environment):
    return {service.name: service.probe for service in resolve(environment).services}


def test_an_empty_environment_gives_the_documented_ports():
    assert probes({}) == {
        "platform": HttpProbe("127.0.0.1:8010", "/health"),
        "baseline-agent-cli": HttpProbe("127.0.0.1:8001", "/health"),
        "baseline-langchain": GrpcProbe("127.0.0.1:8002"),
        "shim": GrpcProbe("127.0.0.1:50052"),
        "router": GrpcProbe("127.0.0.1:50051"),
        "competition": GrpcProbe("127.0.0.1:50060"),
        "edge": HttpProbe("127.0.0.1:8000", "/health?ready=1"),
    }


def test_the_services_get_the_addresses_that_are_probed():
    stack = resolve({"JANUS_PORT": "9000", "JANUS_ROUTER_HOST": "127.0.0.2"})
    assert stack.environment["JANUS_PORT"] == "9000"
    assert stack.environment["JANUS_ROUTER_HOST"] == "127.0.0.2"
    assert stack.environment["JANUS_SHIM_PORT"] == "50052"


@pytest.mark.parametrize(
    ("moved", "follows", "expected"),
    [
        ("JANUS_ROUTER_PORT", "JANUS_ROUTER_URL", "127.0.0.1:7000"),
        ("JANUS_SHIM_PORT", "JANUS_SHIM_URL", "127.0.0.1:7000"),
        ("JANUS_COMPETITION_PORT", "JANUS_COMPETITION_URL", "127.0.0.1:7000"),
        ("JANUS_PLATFORM_PORT", "JANUS_INFERENCE_URL", "http://127.0.0.1:7000/v1"),
    ],
)
def test_callers_follow_a_peer_whose_port_was_moved(moved, follows, expected):
    assert resolve({moved: "7000"}).environment[follows] == expected


def test_an_address_that_the_user_gave_stays():
    assert resolve({"JANUS_ROUTER_URL": "far:1"}).environment["JANUS_ROUTER_URL"] == "far:1"


def test_port_0_becomes_a_free_one_for_service_and_probe_alike():
    stack = resolve({"JANUS_PORT": "0"})
    port = stack.environment["JANUS_PORT"]
    assert int(port) > 0
    assert stack.url("edge") == f"http://127.0.0.1:{port}"


def test_metrics_on_port_0_are_not_served():
    (shim,) = [
        service for service in resolve({"JANUS_SHIM_METRICS_PORT": "0"}).services if service.name == "shim"
    ]
    assert [listener.variable for listener in shim.listeners] == ["JANUS_SHIM_PORT"]


@pytest.mark.parametrize(
    ("host", "target"),
    [("0.0.0.0", "127.0.0.1:8000"), ("::", "[::1]:8000"), ("::1", "[::1]:8000"), ("box", "box:8000")],
)
def test_an_address_is_dialled_where_this_machine_reaches_it(host, target):
    assert resolve({"JANUS_HOST": host}).url("edge") == f"http://{target}"


@pytest.mark.parametrize("value", ["eighty", "", "-1", "65536", "8000.0", "²"])
def test_a_value_that_is_no_port_is_named_with_its_variable(value):
    with pytest.raises(BadVariable, match="JANUS_PORT: a port from 0 to 65535 is needed"):
        resolve({"JANUS_PORT": value})


def test_a_host_without_a_free_port_is_named_with_its_variable():
    with pytest.raises(BadVariable, match="JANUS_HOST: cannot listen there"):
        resolve({"JANUS_HOST": "192.0.2.1", "JANUS_PORT": "0"})


def test_a_drain_time_that_is_no_number_is_named_with_its_variable():
    assert drain_seconds({}) == 10
    with pytest.raises(BadVariable, match="JANUS_DRAIN_SECONDS"):
        drain_seconds({"JANUS_DRAIN_SECONDS": "soon"})


def test_only_the_edge_gets_the_artifact_key():
    stack = resolve({}, artifact_key="k")
    keys = {service.name: service.environment.get("JANUS_ARTIFACT_KEY") for service in stack.services}
    assert keys.pop("edge") == "k"
    assert set(keys.values()) == {None}
    assert "JANUS_ARTIFACT_KEY" not in stack.environment


def test_only_those_who_mint_or_verify_get_the_platform_key():
    stack = resolve({"JANUS_PLATFORM_KEY": "mine"}, platform_key="k")
    keys = {service.name: service.environment.get("JANUS_PLATFORM_KEY") for service in stack.services}
    assert {name for name, key in keys.items() if key == "mine"} == {
        "router",
        "platform",
        "competition",
    }
    assert "JANUS_PLATFORM_KEY" not in stack.environment


def test_a_platform_key_is_made_where_none_is_given():
    (platform, *_) = resolve({}, platform_key="k").services
    assert platform.environment["JANUS_PLATFORM_KEY"] == "k"


def test_the_platform_requires_tokens_unless_the_user_says_otherwise():
    def required(environment, key):
        (platform, *_) = resolve(environment, platform_key=key).services
        return platform.environment["JANUS_PLATFORM_REQUIRE_TOKEN"]

    assert required({}, "k") == "true"
    assert required({"JANUS_PLATFORM_REQUIRE_TOKEN": "false"}, "k") == "false"
    assert required({}, "") == "false"  # without a key there is nothing to verify tokens with


def contest(environment, **given):
    (service,) = [one for one in resolve(environment, **given).services if one.name == "competition"]
    return service.environment


def test_the_competition_alone_gets_its_key_and_its_database():
    stack = resolve({"JANUS_DATABASE_URL": "postgresql://u:p@h/d"}, competition_key="k")
    assert contest({"JANUS_DATABASE_URL": "postgresql://u:p@h/d"})["JANUS_DATABASE_URL"].endswith("h/d")
    assert contest({}, competition_key="k")["JANUS_COMPETITION_KEY"] == "k"
    assert not {"JANUS_DATABASE_URL", "JANUS_COMPETITION_KEY"} & set(stack.environment)


def test_results_are_kept_in_the_home():
    assert contest({}, state="/home")["JANUS_COMPETITION_DATA"] == "/home/competition"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "true"),
        ({"JANUS_HOST": "::1"}, "true"),
        ({"JANUS_HOST": "0.0.0.0"}, "false"),
        ({"JANUS_HOST": "10.1.2.3"}, "false"),
        ({"JANUS_HOST": "0.0.0.0", "JANUS_TRY_IT": "true"}, "true"),
    ],
)
def test_components_can_be_tried_while_only_this_machine_reaches_the_edge(environment, expected):
    assert contest(environment)["JANUS_TRY_IT"] == expected


def test_the_users_own_artifact_key_wins():
    (*_, edge) = resolve({"JANUS_ARTIFACT_KEY": "mine"}, artifact_key="k").services
    assert edge.environment["JANUS_ARTIFACT_KEY"] == "mine"


@pytest.mark.parametrize("name", ["OPENAI", "CHUTES"])
def test_a_provider_is_configured_by_both_its_key_and_its_address(name):
    assert has_provider({f"{name}_API_KEY": "sk", f"{name}_BASE_URL": "https://x/v1"})
    assert not has_provider({f"{name}_API_KEY": "sk"})
    assert not has_provider({f"{name}_API_KEY": "", f"{name}_BASE_URL": "https://x/v1"})


def test_a_configured_provider_is_said_without_its_key():
    said = about_the_answers({"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "https://x/v1"}, "")
    assert said == "Answers come from the configured model provider."


# What each service sees of the environment.

KEYS = {
    "CHUTES_API_KEY": "sk-chutes",
    "OPENAI_API_KEY": "sk-openai",
    "SERPER_API_KEY": "sk-serper",
    "QDRANT_API_KEY": "sk-qdrant",
    "PGVECTOR_URL": "postgresql://user:password@host/db",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "JANUS_PLATFORM_KEY": "p" * 32,
    "JANUS_COMPETITION_KEY": "c" * 32,
    "JANUS_ARTIFACT_KEY": "a" * 32,
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=secret",
    "GITHUB_TOKEN": "secret",
}


def seen_by(name: str, environment: dict[str, str]) -> dict[str, str]:
    stack = resolve(environment, platform_key="p" * 32, sandbox_key="s" * 32, artifact_key="a" * 32)
    return next(one for one in stack.services if one.name == name).variables(stack.environment)


@pytest.mark.parametrize("name", ["baseline-agent-cli", "baseline-langchain"])
def test_a_baseline_sees_no_key_but_its_own(name: str) -> None:
    own = {"PATH": "/bin", "BASELINE_AGENT_CLI_OPENAI_API_KEY": "own", "JANUS_BASELINE_AGENT": "pi"}
    seen = seen_by(name, {**KEYS, **own})
    assert not set(KEYS) & set(seen)
    assert "SANDY_API_KEY" not in seen
    assert own.items() <= seen.items()
    assert seen["JANUS_INFERENCE_URL"].startswith("http://127.0.0.1:")


def test_the_sandbox_service_sees_its_own_key_alone() -> None:
    seen = seen_by("sandbox", {**KEYS, "PATH": "/bin", "DOCKER_HOST": "unix:///run/docker.sock"})
    assert not set(KEYS) & set(seen)
    assert (seen["SANDY_API_KEY"], seen["DOCKER_HOST"]) == ("s" * 32, "unix:///run/docker.sock")


def test_the_platform_sees_its_providers() -> None:
    assert seen_by("platform", KEYS)["CHUTES_API_KEY"] == "sk-chutes"


def test_the_platform_keeps_its_data_in_the_home_of_the_stack() -> None:
    stack = resolve({}, state="/home/me/.janus")
    platform = next(one for one in stack.services if one.name == "platform")
    assert platform.environment["JANUS_PLATFORM_DATA"] == "/home/me/.janus/platform"
