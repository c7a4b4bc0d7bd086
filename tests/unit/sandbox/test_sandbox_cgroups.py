"""Control groups of both kinds: the kernel's own where it lets us, else the files that are written."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from janus_sandbox import cgroups
from janus_sandbox.cgroups.v2 import V2Group, V2Tree
from janus_sandbox.limits import MIB, Limits

NAME = f"janus-sandbox-test/{os.getpid()}"
LIMITS = Limits(memory_bytes=64 * MIB, cpus=0.5, processes=7, disk_bytes=MIB, scratch_bytes=MIB)


@pytest.fixture
def tree() -> Iterator[cgroups.Tree]:
    """A tree of the kernel's, of whichever kind it lets us have."""
    found = cgroups.choose(NAME)
    if found is None:
        pytest.skip("no control groups can be written here")
    yield found
    for group in found.leftover():
        group.remove()
    found.remove()


def joining(group: cgroups.Group, script: str) -> list[str]:
    entering = "".join(f"echo 0 >{file} || exit 125; " for file in group.process_files)
    return ["sh", "-c", entering + script]


def test_a_process_that_joins_is_counted(tree: cgroups.Tree) -> None:
    group = tree.create("counted", LIMITS)
    with subprocess.Popen(joining(group, "echo in; exec sleep 100"), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        assert group.usage().processes == 1
        group.kill()
        assert process.wait() == -9


def test_one_process_can_be_spared(tree: cgroups.Tree) -> None:
    group = tree.create("spared", LIMITS)
    script = "sleep 100 & echo in; wait $!; echo spared; exit 3"
    with subprocess.Popen(joining(group, script), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        group.kill(sparing=process.pid)
        assert process.wait() == 3


def test_memory_beyond_the_limit_is_a_kill_that_is_counted(tree: cgroups.Tree) -> None:
    group = tree.create("greedy", LIMITS)
    ran = subprocess.run(joining(group, f"exec {sys.executable} -c 'bytearray(200 << 20)'"), check=False)
    assert ran.returncode == -9
    assert group.usage().oom_kills == 1
    assert (group.usage().peak_memory_bytes or 0) <= LIMITS.memory_bytes


def test_processes_beyond_the_limit_are_refused(tree: cgroups.Tree) -> None:
    group = tree.create("many", LIMITS)
    script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.3 & done; wait"
    ran = subprocess.run(joining(group, script), capture_output=True, text=True, check=False)
    assert "fork" in ran.stderr


def test_removing_ends_whoever_is_still_there(tree: cgroups.Tree) -> None:
    group = tree.create("busy", LIMITS)
    with subprocess.Popen(joining(group, "echo in; exec sleep 100"), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        group.remove()
        assert process.wait() == -9
    assert list(tree.leftover()) == []


def test_a_tree_is_found_again_by_its_name_and_gone_when_removed(tree: cgroups.Tree) -> None:
    tree.create("left", LIMITS)
    (found,) = cgroups.existing(NAME)
    (left,) = found.leftover()
    left.remove()
    found.remove()
    assert cgroups.existing(NAME) == []
    tree.make()


@pytest.fixture
def unified(tmp_path: Path) -> Path:
    """A folder that looks like a unified hierarchy. It is no kernel: only what is written shows."""
    tmp_path.joinpath("cgroup.subtree_control").write_text("cpu io memory pids")
    tmp_path.joinpath("cgroup.procs").write_text("")
    return tmp_path


def test_v2_writes_the_kernels_files(unified: Path) -> None:
    folder = unified / "janus/one"
    for parent in (unified / "janus", folder):
        parent.mkdir()
        parent.joinpath("cgroup.subtree_control").write_text("")
    tree = V2Tree(unified, "janus/one")
    tree.make()
    assert folder.joinpath("cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    group = tree.create("box", LIMITS)
    written = {path.name: path.read_text() for path in (folder / "box").iterdir()}
    assert written == {
        "memory.max": str(64 * MIB),
        "memory.swap.max": "0",
        "pids.max": "7",
        "cpu.max": "50000 100000",
    }
    assert group.process_files == [folder / "box/cgroup.procs"]


def test_v2_reads_the_kernels_files(unified: Path) -> None:
    folder = unified / "box"
    tree = V2Tree(unified, "")
    group = tree.create("box", LIMITS)
    said = {
        "memory.current": "4096\n",
        "memory.peak": "8192\n",
        "cpu.stat": "usage_usec 1500000\nuser_usec 1\nsystem_usec 2\n",
        "pids.current": "3\n",
        "memory.events": "low 0\nhigh 0\nmax 4\noom 1\noom_kill 2\n",
    }
    for name, content in said.items():
        folder.joinpath(name).write_text(content)
    usage = group.usage()
    assert (usage.memory_bytes, usage.peak_memory_bytes, usage.processes) == (4096, 8192, 3)
    assert (usage.cpu_seconds, usage.oom_kills) == (1.5, 2)


def test_v2_kills_all_with_one_write_where_the_kernel_can(unified: Path) -> None:
    group = V2Tree(unified, "").create("box", LIMITS)
    switch = unified / "box/cgroup.kill"
    switch.write_text("")
    group.kill()
    assert switch.read_text() == "1"


def test_v2_ends_and_removes_a_group_of_the_kernels() -> None:
    """Needs no controllers, so that hybrid systems show it too."""
    roots = [root for root in (cgroups.choice.ROOT, cgroups.choice.ROOT / "unified") if is_unified(root)]
    if not roots:
        pytest.skip("no unified hierarchy can be written here")
    folder = roots[0] / f"janus-sandbox-test-{os.getpid()}"
    folder.mkdir()
    group = V2Group(folder)
    with subprocess.Popen(joining(group, "sleep 100 & echo in; wait"), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in\n"
        group.remove()
        assert process.wait() == -9
    assert not folder.exists()


def is_unified(root: Path) -> bool:
    return (root / "cgroup.controllers").exists() and os.access(root, os.W_OK)


def test_the_group_of_a_process_is_found_by_the_kernels_word(tree: cgroups.Tree) -> None:
    group = tree.create("found", LIMITS)
    with subprocess.Popen(joining(group, "echo in; exec sleep 100"), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = cgroups.of_process(process.pid)
        assert found is not None
        assert found.process_files == group.process_files
        assert found.memory_limit() == LIMITS.memory_bytes
        assert found.usage().processes == 1
        found.kill()
        assert process.wait() == -9
    assert cgroups.of_process(process.pid) is None


@pytest.mark.parametrize("inner", ["", "/container"])
def test_the_group_of_a_process_in_a_unified_hierarchy(unified: Path, tmp_path: Path, inner: str) -> None:
    """Where a runtime puts processes into a group below the one with the limits, that one is meant."""
    box = unified / "engine/box"
    (unified / f"engine/box{inner}").mkdir(parents=True)
    (box / "memory.current").write_text("1\n")
    (box / "memory.max").write_text("4096\n")
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/cgroup").write_text(f"0::/engine/box{inner}\n")
    found = cgroups.of_process(7, unified, tmp_path / "proc")
    assert found is not None
    assert found.process_files == [box / "cgroup.procs"]
    assert found.memory_limit() == 4096
    (box / "memory.max").write_text("max\n")
    assert found.memory_limit() is None


def test_a_machine_without_control_groups_has_none(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert cgroups.choose(NAME, blocked) is None
