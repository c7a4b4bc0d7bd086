"""What `.janus/` remembers, and how it tells the living from the dead."""

import os
import stat
import subprocess
import sys

import pytest

from janus_cli.identity import Identity, seconds_since_start
from janus_cli.services import GrpcProbe, HttpProbe
from janus_cli.state import AlreadyRunning, Home, Run, ServiceRecord, State


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / ".janus")
    home.make()
    return home


def a_run(supervisor=None):
    here = Identity.of(os.getpid())
    return Run(
        supervisor or here,
        (
            ServiceRecord("edge", "http://x:1", HttpProbe("x:1", "/h"), State.HEALTHY, "", 0, here),
            ServiceRecord("shim", "grpc://x:2", GrpcProbe("x:2"), State.FAILED, "why", 3, None),
        ),
    )


def test_a_run_is_read_as_it_was_written(home):
    home.write(a_run())
    assert home.read() == a_run()
    home.forget()
    assert home.read() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1, "supervisor": {}}'])
def test_a_damaged_or_foreign_run_counts_as_none(home, text):
    (home.path / "run.json").write_text(text)
    assert home.read() is None


def test_no_draft_of_a_run_is_left_behind(home):
    home.write(a_run())
    assert {file.name for file in home.path.iterdir()} == {"logs", "run.json"}


def test_a_run_whose_supervisor_ended_is_not_running(home):
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as other:
        home.write(a_run(Identity.of(other.pid)))
        assert home.running() is not None
    assert home.read() is not None
    assert home.running() is None


def test_a_reused_pid_is_not_taken_for_the_supervisor(home):
    home.write(a_run(Identity(os.getpid(), "long ago")))
    assert home.running() is None


def test_a_process_that_ended_but_was_not_reaped_is_not_alive():
    with subprocess.Popen([sys.executable, "-S", "-c", ""], stdout=subprocess.PIPE) as other:
        identity = Identity.of(other.pid)
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert identity is not None
        assert not identity.alive()


def test_a_home_is_held_by_one_supervisor(home):
    with home.locked(), pytest.raises(AlreadyRunning), Home(home.path).locked():
        pass
    with home.locked():
        pass


def test_the_artifact_key_is_made_once_and_is_its_owners_alone(home):
    key = home.artifact_key()
    assert len(key) == 64
    assert home.artifact_key() == key
    assert stat.S_IMODE((home.path / "artifact.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700


def test_the_home_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Home.from_environment({}).path == tmp_path / ".janus"
    assert Home.from_environment({"JANUS_HOME": "/elsewhere"}).path.as_posix() == "/elsewhere"


def test_the_time_since_the_start_counts_from_the_processs_own_start():
    assert 0 < seconds_since_start() < 24 * 3600
