"""The list of targets, and how a peer comes to be installed."""

import json
import sys
from pathlib import Path

import pytest

from janus_bench.mesh import targets
from janus_bench.mesh.installation import once, step
from janus_bench.mesh.target import Missing, Provided, Site
from janus_bench.mesh.targets import envoy, janus, nginx, portkey


def test_every_target_has_a_name_of_its_own() -> None:
    names = [target.name for target in targets.ALL]
    assert len(set(names)) == len(names)
    assert {targets.DIRECT, targets.YARDSTICK, targets.JANUS} <= set(names)


def test_a_peer_is_installed_once(tmp_path: Path) -> None:
    installed: list[Path] = []
    for _ in range(2):
        assert once(tmp_path / "peer", installed.append) == tmp_path / "peer"
    assert installed == [tmp_path / "peer"]


def test_an_installation_that_failed_is_begun_anew(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        step(sys.executable, "-c", "import sys; sys.exit('no route to host')", cwd=folder)

    with pytest.raises(Missing, match="no route to host"):
        once(tmp_path / "peer", fail)
    once(tmp_path / "peer", lambda folder: None)
    assert not (tmp_path / "peer/half").exists()


def test_a_program_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no-such-program"):
        step("no-such-program", cwd=tmp_path)


def test_portkey_without_node_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match=r"apt-get install nodejs npm"):
        portkey.provide(tmp_path)


def test_nginx_without_apt_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(nginx, "_SYSTEM_FOLDERS", "")
    with pytest.raises(Missing, match="nginx is not installed"):
        nginx.provide(tmp_path)


def test_envoy_routes_all_to_the_mock_without_a_time_limit(tmp_path: Path) -> None:
    layout = envoy.arrange(Provided(("envoy",), "1"), Site(4321, tmp_path))
    bootstrap = (tmp_path / "envoy.json").read_text()
    assert json.loads(bootstrap)
    assert '"port_value": 4321' in bootstrap
    assert '"timeout": "0s"' in bootstrap
    assert [part.name for part in layout.parts] == ["envoy"]


def test_janus_is_three_processes_each_told_where_the_next_one_is(tmp_path: Path) -> None:
    layout = janus.TARGETS[0].arrange(Provided((sys.executable, "-m"), "0"), Site(4321, tmp_path))
    shim, router, edge = layout.parts
    assert [part.name for part in layout.parts] == ["shim", "router", "edge"]
    assert router.environment["JANUS_SHIM_URL"] == f"127.0.0.1:{shim.port}"
    assert edge.environment["JANUS_ROUTER_URL"] == f"127.0.0.1:{router.port}"
    assert layout.endpoint.port == edge.port
    assert {part.environment["JANUS_MESH_TRANSPORT"] for part in layout.parts} == {"link"}
    assert "url: http://127.0.0.1:4321" in (tmp_path / "competitors.yaml").read_text()
