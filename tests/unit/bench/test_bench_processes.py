"""Processes of a target: started, waited for, and gone afterwards with all that they started."""

import sys
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from janus_bench.mesh.processes import Part, Process, StartFailed, fetch, free_port

_SERVER = """
import http.server, sys
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
"""
_SLEEPER = "import time; time.sleep(60)"


def python(program: str, *words: object) -> tuple[str, ...]:
    return (sys.executable, "-c", program, *(str(word) for word in words))


def nobody_listens(port: int) -> bool:
    """Whether connections come to be refused; a socket outlives its process by a moment."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            fetch(port, "/")
        except ConnectionRefusedError:
            return True
        except (OSError, HTTPException):
            continue
    return False


def test_a_process_is_ready_when_its_health_path_answers(tmp_path: Path) -> None:
    port = free_port()
    process = Process(Part("web", python(_SERVER, port), port, health="/"), tmp_path)
    try:
        process.wait_ready()
        assert fetch(port, "/")[0] == 200
        assert process.alive()
    finally:
        process.stop()
    assert not process.alive()


def test_a_process_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    program = "import sys; sys.exit('the licence has expired')"
    process = Process(Part("proud", python(program), free_port()), tmp_path)
    with pytest.raises(StartFailed, match=r"proud ended with 1: the licence has expired"):
        process.wait_ready()
    process.stop()


def test_a_process_that_is_never_ready_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    process = Process(Part("slow", python(_SLEEPER), free_port(), ready_seconds=0.2), tmp_path)
    try:
        with pytest.raises(StartFailed, match=r"slow was not ready in 0.2 s: it said nothing"):
            process.wait_ready()
    finally:
        process.stop()


def test_stopping_ends_what_the_process_started_too(tmp_path: Path) -> None:
    port = free_port()
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SERVER!r}, '{port}'])"
    process = Process(Part("family", python(parent), port, health="/"), tmp_path)
    process.wait_ready()
    process.stop()
    assert nobody_listens(port)
