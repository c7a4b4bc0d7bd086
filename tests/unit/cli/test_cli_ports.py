"""Who has a port."""

import os
import socket

import pytest

from janus_cli import ports
from janus_cli.services import Listener, free_port


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def listener(port, host="127.0.0.1"):
    return Listener(host, port, "JANUS_PORT")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", ""])
def test_a_taken_port_is_named_with_its_holder_and_the_variable_that_moves_ours(listening, host):
    said = ports.obstacle(listener(listening, host))
    assert said.startswith(f"port {listening} is taken by process {os.getpid()} (")
    assert said.endswith(": stop it, or set JANUS_PORT to another port")


def test_nothing_stands_in_the_way_of_a_free_port():
    assert ports.obstacle(listener(free_port("127.0.0.1"))) == ""


def test_a_port_whose_connections_only_linger_is_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first lingers
    assert ports.obstacle(listener(port)) == ""


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_this_machines_is_told_from_a_taken_port(host):
    said = ports.obstacle(listener(8000, host))
    assert said.startswith(f"cannot listen on {host} port 8000 (")
    assert said.endswith(": set JANUS_PORT, or the host beside it")
