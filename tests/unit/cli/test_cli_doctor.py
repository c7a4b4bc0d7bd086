"""`janus doctor`: single checks, and the whole of it with and without a running stack."""

import os
import resource
import socket

import pytest
from support.answers import say
from support.small_stack import rooms

import janus_mesh as mesh
from janus_cli import checks, doctor, services
from janus_cli.checks import Level
from janus_cli.identity import Identity
from janus_cli.services import HttpProbe
from janus_cli.state import Home, Run, ServiceRecord, State
from janus_mesh.errors import Overloaded


@pytest.fixture
def environment(tmp_path):
    return rooms(tmp_path)


def test_this_environment_has_all_packages():
    assert checks.packages().level is Level.OK


def test_the_embedded_model_or_a_provider_must_be_there(monkeypatch):
    assert (
        checks.model({"OPENAI_API_KEY": "sk", "OPENAI_BASE_URL": "https://x"}).detail
        == "a provider is configured"
    )
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    finding = checks.model({})
    assert finding.level is Level.FAIL
    assert "make setup" in finding.fix


@pytest.mark.parametrize(
    ("content", "level", "says"),
    [
        ("competitors:\n  - {id: a, url: http://x}\n  - {id: b, url: http://y}\n", Level.OK, "a, b"),
        ("competitors: [\n", Level.FAIL, "mine.yaml:2: "),
        ("competitors: []\n", Level.WARN, "none are listed"),
        ("- a\n", Level.FAIL, "mine.yaml:1: must be a mapping"),
        (
            "competitors:\n  - {id: a, url: http://x}\n  - {id: b, url: ftp://y}\n",
            Level.FAIL,
            "mine.yaml:3: competitors[1].url: must begin with",
        ),
        ("competitors: [{id: ours, url: http://x}]\n", Level.FAIL, "is the router's default model"),
        (
            "competitors: [{id: a, url: http://x, api_key_env: K1, headers: {x-b: '${K2}${SET}'}}]\n",
            Level.WARN,
            "not set: K2, K1",
        ),
    ],
)
def test_the_registry_file_is_read(tmp_path, content, level, says):
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    environment = {"JANUS_COMPETITORS": str(path), "JANUS_DEFAULT_MODEL": "ours", "SET": "1"}
    finding = checks.registry(environment)
    assert finding.level is level
    assert says in finding.detail


def test_a_missing_registry_file_is_named_with_its_full_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finding = checks.registry({})
    assert finding.level is Level.FAIL
    assert finding.detail == f"{tmp_path}/competitors.yaml does not exist"


def test_a_port_is_free_or_ours_or_in_the_way(environment):
    stack = services.resolve(environment)
    edge = stack.services[-1]
    with socket.create_server(("127.0.0.1", edge.listeners[0].port)):
        *free, taken = checks.addresses(stack, None)
        assert {finding.level for finding in free} == {Level.OK}
        assert taken.level is Level.FAIL
        assert "JANUS_PORT" in taken.fix
        me = Identity.of(os.getpid())
        probe = HttpProbe("", "")
        run = Run(me, (ServiceRecord("edge", edge.url, probe, State.HEALTHY, "", 0, me),))
        *_, ours = checks.addresses(stack, run)
        assert (ours.level, ours.detail) == (Level.OK, "held by our own edge")


def test_few_open_files_are_a_warning_with_the_command(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1048576))
    finding = checks.open_files()
    assert (finding.level, finding.fix) == (Level.WARN, "`ulimit -n 4096` before `janus up`")


def test_optional_tools_are_never_a_failure(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert {finding.level for finding in checks.tools()} == {Level.WARN}
    assert checks.node().level is Level.WARN


def test_every_finding_that_is_not_ok_says_what_to_do(environment, capsys, monkeypatch):
    monkeypatch.setattr("os.environ", {**environment, "JANUS_COMPETITORS": "/nowhere.yaml"})
    assert doctor.run() == 1
    lines = capsys.readouterr().out.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        assert not line.startswith(("warn", "fail")) or following.lstrip().startswith("-> ")
    assert any(line.startswith("fail  competitors") for line in lines)


def test_a_bad_variable_is_a_finding(environment, capsys, monkeypatch):
    monkeypatch.setattr("os.environ", {**environment, "JANUS_PORT": "x"})
    assert doctor.run() == 1
    assert "fail  environment      JANUS_PORT" in capsys.readouterr().out


async def test_a_running_stack_is_asked_for_one_token():
    asked = []

    async def answer(exchange):
        asked.append(exchange.request)
        await say(exchange, "H")

    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server:
        finding = await doctor.chat_round_trip(server.address)
    assert (finding.level, finding.detail) == (Level.OK, "janus answers")
    assert asked[0].max_tokens == 1


async def test_a_stack_that_does_not_answer_is_a_failure():
    async def answer(exchange):
        raise Overloaded("no room")

    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server:
        finding = await doctor.chat_round_trip(server.address)
    assert (finding.level, finding.detail) == (Level.FAIL, "overloaded: no room")


def test_the_home_is_asked_whether_a_stack_runs(environment, capsys, monkeypatch):
    monkeypatch.setattr("os.environ", environment)
    home = Home.from_environment(environment)
    home.make()
    target = f"127.0.0.1:{services.free_port('127.0.0.1')}"
    me = Identity.of(os.getpid())
    record = ServiceRecord("router", f"grpc://{target}", HttpProbe("", ""), State.HEALTHY, "", 0, me)
    home.write(Run(me, (record,)))
    assert doctor.run() == 1
    assert f"fail  chat             nothing listens on {target}" in capsys.readouterr().out
