"""What `envoy/envoy.yaml` decides, read from the file; the integration tests see it at work."""

import subprocess

import pytest
from support.envoy import BIN, CONFIG, Config

from janus_mesh.settings import StreamTimeouts

LISTENERS = ("http", "grpc")


def test_the_real_binary_finds_no_fault() -> None:
    checked = subprocess.run(
        [BIN / "envoy", "--mode", "validate", "-c", CONFIG], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "[warning]" not in checked.stderr


def test_it_fits_the_local_stack_as_it_stands() -> None:
    config = Config()
    assert config.upstream("edge") == {"address": "127.0.0.1", "port_value": 8000}
    assert config.upstream("router") == {"address": "127.0.0.1", "port_value": 50051}
    assert config.address("http")["port_value"] == 8080
    assert config.address("grpc")["port_value"] == 8081


def test_the_admin_interface_is_for_its_own_machine() -> None:
    assert Config().admin["address"] == "127.0.0.1"


@pytest.mark.parametrize("listener", LISTENERS)
def test_only_a_silence_longer_than_any_answer_ends_a_stream(listener: str) -> None:
    config = Config()
    for route in config.routes(listener):
        assert route["timeout"] == "0s"
        assert not {"idle_timeout", "max_stream_duration"} & set(route)
    idle = float(config.manager(listener)["stream_idle_timeout"].removesuffix("s"))
    assert idle > StreamTimeouts().total_timeout


@pytest.mark.parametrize("listener", LISTENERS)
def test_nothing_is_retried(listener: str) -> None:
    assert not [route for route in Config().routes(listener) if "retry_policy" in route]


@pytest.mark.parametrize("listener", LISTENERS)
def test_no_filter_stands_between_client_and_upstream(listener: str) -> None:
    assert [each["name"] for each in Config().manager(listener)["http_filters"]] == [
        "envoy.filters.http.router"
    ]


def test_stalled_streams_cannot_use_up_a_connections_window() -> None:
    config = Config()
    for options in (
        config.manager("http")["http2_protocol_options"],
        config.manager("grpc")["http2_protocol_options"],
        config.http2("router"),
    ):
        all_streams = options["max_concurrent_streams"] * options["initial_stream_window_size"]
        assert options["initial_connection_window_size"] >= all_streams


def test_pings_to_the_router_are_rarer_than_it_allows() -> None:
    assert float(Config().http2("router")["connection_keepalive"]["interval"].removesuffix("s")) > 10.0
