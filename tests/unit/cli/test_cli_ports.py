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


def test_a_port_with_a_listener_is_taken(listening):
    assert ports.taken(Listener("127.0.0.1", listening, "JANUS_PORT"))
    assert ports.taken(Listener("0.0.0.0", listening, "JANUS_PORT"))


def test_a_port_without_one_is_free():
    assert not ports.taken(Listener("127.0.0.1", free_port("127.0.0.1"), "JANUS_PORT"))


def test_a_port_whose_connections_only_linger_is_free(listening):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first lingers
    assert not ports.taken(Listener("127.0.0.1", port, "JANUS_PORT"))


def test_the_holder_is_named_with_the_variable_that_moves_ours(listening):
    assert ports.holder(listening).pid == os.getpid()
    complaint = ports.complaint(Listener("127.0.0.1", listening, "JANUS_PORT"))
    assert f"port {listening} is taken by process {os.getpid()} (" in complaint
    assert complaint.endswith("or set JANUS_PORT to another port")
