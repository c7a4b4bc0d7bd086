"""Nothing stays behind: not of sandboxes that ended, nor of a service that was killed."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from support.sandbox_service import sandbox_service
from support.stack import free_port

GROUPS = Path("/sys/fs/cgroup")
SANDBOXES = {"bubblewrap": 50, "gvisor": 10, "podman": 5}  # beside the first few
AT_ONCE = 5


def descriptors() -> int:
    """Ours, but for connections on the machine's own network, which the test's client keeps as it likes."""
    connections = Path("/proc/self/net/tcp").read_text().splitlines()[1:]
    kept = {f"socket:[{line.split()[9]}]" for line in connections}
    held = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            held.append(str(descriptor.readlink()))
    return len([what for what in held if what not in kept])


def mounts(backend: str) -> list[str]:
    """All of them, but for a container engine's where it is not ours to use."""
    lines = sorted(Path("/proc/self/mountinfo").read_text().splitlines())
    return [line for line in lines if backend == "podman" or "/containers/storage/" not in line]


def groups(*names: str) -> list[Path]:
    """Those whose names begin so. Groups of others may vanish meanwhile, which `walk` takes in its stride."""
    return [Path(above, one) for above, below, _ in os.walk(GROUPS) for one in below if one.startswith(names)]


@pytest.fixture(autouse=True)
def own_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody else writes there; the sandboxes' users may pass through."""
    with tempfile.TemporaryDirectory(prefix="janus-") as folder, monkeypatch.context() as patched:
        Path(folder).chmod(0o711)
        patched.setattr(tempfile, "tempdir", folder)
        yield


def temporary_files() -> set[Path]:
    return set(Path(tempfile.gettempdir()).iterdir())


def children() -> set[str]:
    """Our own processes, by pid: those whose parents lead to us."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile
            parents[process.name] = process.joinpath("stat").read_text().rpartition(")")[2].split()[1]
    family = {str(os.getpid())}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def processes_about(names: list[str]) -> list[str]:
    """Of the whole machine: those whose command line names one of these."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile
            lines.append(process.joinpath("cmdline").read_bytes().decode("utf-8", "replace"))
    return [line for line in lines if any(name in line for name in names)]


async def watchers_gone(backend: str, names: list[str]) -> None:
    """Waits for an engine's own watchers of containers that are gone."""
    while processes_about(names):
        assert backend == "podman"
        await asyncio.sleep(0.05)


def all_there_is(backend: str) -> tuple[set[str], list[str], int, set[Path]]:
    return children(), mounts(backend), descriptors(), temporary_files()


@pytest.mark.every_backend
async def test_sandboxes_that_ended_leave_no_process_mount_group_file_or_descriptor(backend: str) -> None:
    count = SANDBOXES[backend]
    async with sandbox_service(sandbox_max=count, sandbox_backend=backend) as service:
        used = []

        async def use() -> None:
            sandbox = await service.create(flavor="small", exposePorts=[8000])
            used.append(sandbox)
            await service.exec(sandbox, "echo x >artifact; setsid sleep 1000 & sleep 1000 & echo up")
            await service.post(sandbox, "files/write", path="artifacts/a", content="a")
            async with httpx.AsyncClient(trust_env=False, verify=False) as visitor:
                await visitor.get(f"{service.ingress_url}/{sandbox}/artifacts/a")
            await service.terminate(sandbox)

        async def use_some() -> None:
            await asyncio.gather(*(use() for _ in range(AT_ONCE)))

        await use_some()  # from here on the client has its connections
        await watchers_gone(backend, used)
        before = all_there_is(backend)
        for _ in range(count // AT_ONCE):
            await use_some()

        assert len(set(used)) == count + AT_ONCE
        await watchers_gone(backend, used)
        for _ in range(100):  # what an engine ends a moment later is not left
            if all_there_is(backend) == before:
                break
            await asyncio.sleep(0.05)
        assert all_there_is(backend) == before
        assert groups(*used) == []


async def test_a_service_that_stopped_leaves_no_group_and_no_folder() -> None:
    async with sandbox_service() as service:
        name = service.backend._ground.name
        folder = service.backend._ground.folder
        await service.create()
        assert groups(name) != []
    assert groups(name) == []
    assert not folder.exists()


@contextmanager
def service_process(
    state: Path, port: int, *flags: str, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "janus_sandbox", *flags],
        env={
            **os.environ,
            "JANUS_SANDBOX_STATE": str(state),
            "JANUS_SANDBOX_PORT": str(port),
            "JANUS_ARTIFACT_PORT": "0",
            "SANDY_API_KEY": "",
            **environment,
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()  # it cleans up
        process.wait(30)
        if process.stderr is not None:
            process.stderr.close()


def heard(process: subprocess.Popen[str], what: str) -> dict[str, object]:
    """The first log line of that event."""
    assert process.stderr is not None
    for line in process.stderr:
        if f'"event": "{what}"' in line:
            found: dict[str, object] = json.loads(line)
            return found
    raise AssertionError(f"the service never said {what!r}")


def await_listening(process: subprocess.Popen[str], port: int) -> None:
    """Returns when it does on that port, which is not its only one."""
    while not str(heard(process, "listening")["address"]).endswith(f":{port}"):
        pass


@pytest.fixture
def state() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="janus-sandbox-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.every_backend
def test_what_a_killed_service_left_is_ended_by_the_next(state: Path, backend: str) -> None:
    port = free_port()
    with service_process(state, port, JANUS_SANDBOX_BACKEND=backend) as first:
        await_listening(first, port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=False) as client:
            sandbox = client.post("/api/sandboxes", json={}).json()["sandboxId"]
            marker = f"sleep {100_000 + port}"
            client.post(f"/api/sandboxes/{sandbox}/exec", json={"command": f"setsid {marker} & echo"})
        # A kernel of the sandbox's own shows none of its processes out here, only itself.
        assert running(marker) if backend != "gvisor" else processes_about([sandbox])
        first.send_signal(signal.SIGKILL)
        first.wait()
    (left,) = [folder.name for folder in state.iterdir()]
    assert containers(left) if backend == "podman" else groups(left) != []
    # The next one is of the default kind, whatever the dead one was.
    with service_process(state, free_port()) as second:
        swept = heard(second, "ended what a dead service left")
        assert swept["instance"] == left
        heard(second, "listening")
        assert groups(left) == containers(left) == []
        assert not (state / left).exists()
        second.send_signal(signal.SIGTERM)
        second.communicate()
    assert list(state.iterdir()) == []
    assert not running(marker)
    assert processes_about([sandbox]) == []


def test_a_living_service_is_left_alone_by_another(state: Path) -> None:
    with service_process(state, free_port()) as first:
        heard(first, "listening")
        (own,) = [folder.name for folder in state.iterdir()]
        with service_process(state, free_port()) as second:
            heard(second, "listening")
            assert own in [folder.name for folder in state.iterdir()]
            assert groups(own) != []


def containers(owner: str) -> list[str]:
    """Podman's containers and images of a service; none where there is no Podman."""
    if shutil.which("podman") is None:
        return []
    asked = (["ps", "--all", "--format", "{{.Names}}"], ["images", "--format", "{{.Repository}}"])
    listed = [
        subprocess.run(["podman", *one], capture_output=True, text=True).stdout.split() for one in asked
    ]
    return [name for names in listed for name in names if owner in name]


def running(command: str) -> bool:
    """Whether it still runs a moment later; the kernel takes its time to end what lost its parent."""
    gives_up = time.monotonic() + 5
    while time.monotonic() < gives_up:
        found = subprocess.run(["pgrep", "-fx", command], capture_output=True).returncode == 0
        if not found:
            return False
        if time.monotonic() > gives_up - 4.8:
            return True
    return True


def without_bubblewrap() -> dict[str, str]:
    """A machine where no sandbox can be made: its state folder cannot be used."""
    return {"JANUS_SANDBOX_STATE": "/proc/nowhere"}


def test_without_isolation_it_refuses_to_start_and_says_what_is_missing() -> None:
    with service_process(Path("/"), free_port(), **without_bubblewrap()) as process:
        _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    line = json.loads(said.splitlines()[-1])
    assert line["event"] == "sandboxes cannot be isolated here"
    assert "JANUS_SANDBOX_INSECURE=1" in line["reason"]


def test_asked_for_by_name_it_runs_without_isolation_and_says_what_is_lost() -> None:
    port = free_port()
    with service_process(Path("/"), port, "--insecure", **without_bubblewrap()) as process:
        assert heard(process, "NO ISOLATION")["lost"]
        await_listening(process, port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=False) as client:
            health = client.get("/health").json()
            assert (health["status"], health["isolation"]["secure"]) == ("insecure", False)
            sandbox = client.post("/api/sandboxes", json={}).json()["sandboxId"]
            url = f"/api/sandboxes/{sandbox}"
            marker = f"sleep {200_000 + port}"
            ran = client.post(f"{url}/exec", json={"command": f"setsid {marker} & echo hi >f; cat f"}).json()
            assert ran["stdout"] == "hi\n"
            assert client.get(f"{url}/files/read", params={"path": "f"}).json()["content"] == "hi\n"
            client.post(f"{url}/terminate")
            assert not running(marker)
        process.send_signal(signal.SIGTERM)
        process.communicate()


def test_an_address_that_others_reach_needs_a_key() -> None:
    with service_process(Path("/"), free_port(), JANUS_SANDBOX_HOST="0.0.0.0") as process:
        _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "JANUS_SANDBOX_HOST" in said
    assert "SANDY_API_KEY" in said
