"""Breaking out of a sandbox, tried for real from inside: each attempt is contained, and the log has its line.

The lines are kept in `build/escapes-BACKEND.jsonl`, one for each attempt.

No attempt on the network is made before the sandbox's network has been proved empty from both sides, so that
nothing could leave this machine even if the sandbox were broken.
"""

import asyncio
import json
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from support.escape_attempts import FILES, ITS_OWN, KERNEL, NETWORK, Attempt
from support.sandbox_service import SandboxService, alive, sandbox_service

from janus_sandbox.limits import FLAVORS, MIB, Limits

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.every_backend]

Line = MutableMapping[str, Any]
JOURNAL: list[tuple[str, Line]] = []  # of the attempts on one backend

# Small, so that bombs burst soon.
TINY = Limits(memory_bytes=96 * MIB, cpus=1.0, processes=32, disk_bytes=16 * MIB, scratch_bytes=8 * MIB)
EMPTY_NETWORK = """
import os
devices = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
tables = [table for table in ("route", "ipv6_route") if os.path.exists(f"/proc/net/{table}")]
beyond = [line for table in tables for line in open(f"/proc/net/{table}") if "Iface" not in line]
print(devices, [line for line in beyond if not line.split()[-1] == "lo"])
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(backend: str) -> AsyncIterator[SandboxService]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FLAVORS, "tiny", TINY)
        async with sandbox_service(sandbox_backend=backend) as running:
            yield running
    write_journal(Path(f"build/escapes-{backend}.jsonl"))


def write_journal(file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps({"attempt": name, **line}) + "\n" for name, line in JOURNAL))
    JOURNAL.clear()


def noted(line: Line) -> Line:
    """A line of the log, kept under the name of the test that caused it."""
    JOURNAL.append((os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].removesuffix(" (call)"), line))
    return line


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox(service: SandboxService) -> str:
    return await service.create(egressToken="jt-credential")


@pytest_asyncio.fixture(loop_scope="module")
async def tiny(service: SandboxService) -> AsyncIterator[str]:
    sandbox = await service.create(flavor="tiny")
    yield sandbox
    await service.terminate(sandbox)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def off_the_network(service: SandboxService, sandbox: str) -> str:
    """A sandbox whose network is proved empty: by itself, and by the kernel's own names for namespaces."""
    assert (await service.python(sandbox, EMPTY_NETWORK))["stdout"] == "['lo'] []\n"
    ours = namespace("self", "net")
    theirs = {namespace(pid, "net") for pid in await confined(service, sandbox)}
    assert theirs
    assert ours not in theirs
    assert {device for pid in await confined(service, sandbox) for device in devices(pid)} == {"lo"}
    return sandbox


def devices(pid: int) -> list[str]:
    """The network devices that a process sees."""
    lines = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    return [line.split(":")[0].strip() for line in lines]


def own_kernel(service: SandboxService) -> bool:
    """Whether a kernel of the sandbox's own stands between it and the machine's."""
    return service.backend.isolation.backend == "gvisor"


def namespace(pid: int | str, kind: str) -> Path:
    """The kernel's name for a namespace of a process."""
    return Path(f"/proc/{pid}/ns/{kind}").readlink()


async def confined(service: SandboxService, sandbox: str) -> list[int]:
    """The processes in a sandbox's pid namespace, as the machine counts them."""
    ours = namespace("self", "pid")
    found = []
    for pid in service.processes(sandbox):
        with suppress(FileNotFoundError):  # it ended meanwhile
            if namespace(pid, "pid") != ours:
                found.append(pid)
    return found


@pytest.fixture(scope="module")
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the machine that must come to no harm."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


async def made(
    service: SandboxService, sandbox: str, program: str, **fields: Any
) -> tuple[dict[str, Any], Line]:
    """What became of an attempt, and the line that the log has of it."""
    with capture_logs() as logs:
        ran = await service.python(sandbox, program, **fields)
    (line,) = [line for line in logs if line["event"] == "exec"]
    assert line["sandbox"] == sandbox
    return ran, noted(line)


async def burst(service: SandboxService, sandbox: str, program: str, **fields: Any) -> str:
    """How a bomb ended by the log: its command alone, or, where the sandbox is one process of the
    machine's, the sandbox with it.
    """
    with capture_logs() as logs:
        await service.post(sandbox, "exec", command=["python3", "-c", program], **fields)
        while own_kernel(service) and (await service.get(sandbox))["state"] != "running":
            if any(line["event"] == "sandbox ended" for line in logs):
                break
            await asyncio.sleep(0.01)
    ends = {"exec": "end", "sandbox ended": "reason"}
    (line,) = [line for line in logs if line["event"] in ends]
    end = noted(line)[ends[line["event"]]]
    if end in ("died", "out_of_memory") and (await service.get(sandbox))["state"] != "running":
        assert own_kernel(service)
    return str(end)


async def assert_alive(service: SandboxService, sandbox: str) -> None:
    assert (await service.exec(sandbox, "echo alive"))["stdout"] == "alive\n"


async def assert_contained(service: SandboxService, sandbox: str, attempt: Attempt, **names: object) -> None:
    program = attempt.whole
    for name, value in names.items():
        program = program.replace(f"{{{name}}}", str(value))
    ran, line = await made(service, sandbox, program, cwd="/tmp")
    last = ran["stderr"].strip().splitlines()[-1] if ran["stderr"] else ITS_OWN
    assert last.startswith(attempt.endings(own_kernel=own_kernel(service))), ran
    if last != ITS_OWN:
        assert (line["end"], line["exit_code"]) == ("failed", 1)
        assert line["said"].endswith(last)


@pytest.mark.parametrize("attempt", NETWORK, ids=str)
async def test_the_network_is_out_of_reach(
    service: SandboxService, off_the_network: str, attempt: Attempt
) -> None:
    await assert_contained(service, off_the_network, attempt)


@pytest.mark.parametrize("attempt", FILES, ids=str)
async def test_files_of_the_machine_are_out_of_reach(
    service: SandboxService, sandbox: str, attempt: Attempt
) -> None:
    await service.exec(sandbox, "rm -rf /tmp/*")
    await assert_contained(service, sandbox, attempt)


@pytest.mark.parametrize("attempt", KERNEL, ids=str)
async def test_the_kernel_and_its_processes_are_out_of_reach(
    service: SandboxService, sandbox: str, bystander: subprocess.Popen[bytes], attempt: Attempt
) -> None:
    await assert_contained(service, sandbox, attempt, host_pid=bystander.pid)
    assert bystander.poll() is None


async def test_the_machines_loopback_is_another(service: SandboxService, off_the_network: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        program = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        _, line = await made(service, off_the_network, program)
    assert "Connection refused" in line["said"]


async def test_the_machines_abstract_sockets_are_out_of_reach(
    service: SandboxService, off_the_network: str
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(b"\0janus-escape-test")
        listener.listen()
        program = "import socket; socket.socket(socket.AF_UNIX).connect(b'\\0janus-escape-test')"
        _, line = await made(service, off_the_network, program)
    assert "Connection refused" in line["said"]


async def test_a_tunnel_through_the_way_out_is_refused(service: SandboxService, off_the_network: str) -> None:
    with capture_logs() as logs:
        ran = await service.exec(
            off_the_network, "curl -s -o /dev/null -w '%{http_connect}' https://192.0.2.1/"
        )
    assert ran["stdout"] == "403"
    (line,) = [noted(line) for line in logs if line["event"] == "egress"]
    assert (line["verdict"], line["destination"]) == ("refused", "192.0.2.1:443")


async def test_a_file_of_the_machine_is_not_there_under_any_name(
    service: SandboxService, sandbox: str, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("host secret")
    ways = [canary, f"/proc/1/root{canary}", f"/proc/self/root{canary}", f"/proc/self/cwd/../..{canary}"]
    for way in ways:
        _, line = await made(service, sandbox, f"print(open({str(way)!r}).read())")
        assert line["end"] == "failed"
        assert "No such file" in line["said"] or "Permission denied" in line["said"]


async def test_a_setuid_program_gives_nothing(service: SandboxService, sandbox: str) -> None:
    program = (
        "import os\n"
        "setuid = [e for e in os.scandir('/usr/bin') if e.stat(follow_symlinks=False).st_mode & 0o4000]\n"
        "print(len(setuid), flush=True)\n"
        "os.execv('/usr/bin/su', ['su', '-c', 'id'])"
    )
    ran, line = await made(service, sandbox, program)
    assert int(ran["stdout"].split()[0]) > 0, "there is none to try"
    assert "uid=0" not in ran["stdout"]
    assert line["end"] == "failed"


async def test_a_setuid_program_of_its_own_gives_nothing(service: SandboxService, sandbox: str) -> None:
    await service.exec(sandbox, "cp /usr/bin/id /tmp/id; chmod 6755 /tmp/id")
    ran, _ = await made(service, sandbox, "import os; os.execv('/tmp/id', ['id'])")
    assert ran["stdout"] == (await service.exec(sandbox, "id"))["stdout"]
    assert "root" not in ran["stdout"]


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="these calls are of x86-64")
async def test_calls_of_another_architecture_end_the_process(service: SandboxService, sandbox: str) -> None:
    program = "import ctypes; print(ctypes.CDLL(None).syscall(0x40000000 + 39))"  # getpid of the x32 ABI
    ran, line = await made(service, sandbox, program)
    assert (ran["stdout"], line["exit_code"]) == ("", 128 + 31) or (
        own_kernel(service) and ran["stdout"] == "-1\n"
    )


async def test_process_1_cannot_be_killed_from_inside(service: SandboxService) -> None:
    sandbox = await service.create()
    program = "import os\nfor number in range(1, 65):\n    os.kill(1, number)"
    if own_kernel(service):  # which lets a sandbox end itself, and nothing more
        assert await burst(service, sandbox, program) == "died"
    else:
        assert await burst(service, sandbox, program) == "ok"  # the kernel takes them and delivers none
        await assert_alive(service, sandbox)


async def test_killing_everybody_kills_the_sandboxs_own(
    service: SandboxService, bystander: subprocess.Popen[bytes]
) -> None:
    sandbox = await service.create()
    await service.post(sandbox, "exec", command=["python3", "-c", "import os; os.kill(-1, 9)"])
    assert bystander.poll() is None
    if (await service.get(sandbox))["state"] == "running":
        await assert_alive(service, sandbox)
    else:
        assert own_kernel(service)


async def test_a_fork_bomb_stops_at_the_limit(service: SandboxService, tiny: str) -> None:
    program = "import os\nwhile True:\n    os.fork()"
    assert await burst(service, tiny, program, timeoutMs=1000) in (
        "failed",
        "timed_out",
        "out_of_memory",
        "died",
    )
    if not own_kernel(service):
        assert len(await confined(service, tiny)) <= TINY.processes


async def test_a_thread_bomb_stops_at_the_limit(service: SandboxService, tiny: str) -> None:
    program = "import threading\nwhile True:\n    threading.Thread(target=threading.Event().wait).start()"
    _, line = await made(service, tiny, program, timeoutMs=1000)
    assert "can't start new thread" in line["said"] or line["end"] == "timed_out"


async def test_a_memory_bomb_ends_within_the_limit(service: SandboxService, tiny: str) -> None:
    assert await burst(service, tiny, "x = []\nwhile True: x.append(bytearray(1 << 20))") == "out_of_memory"
    found = await service.get(tiny)
    if found["state"] == "running":
        assert found["usage"]["peakMemoryBytes"] <= TINY.memory_bytes
        await assert_alive(service, tiny)


@pytest.mark.parametrize(
    ("folder", "most"),
    [
        ("/workspace", TINY.disk_bytes),
        ("/tmp", TINY.scratch_bytes),
        ("/home/janus", TINY.scratch_bytes),
        ("/dev/shm", 64 * MIB),
    ],
)
async def test_filling_a_disk_ends_at_its_quota(
    service: SandboxService, tiny: str, folder: str, most: int
) -> None:
    program = (
        f"import os\nfile = os.open('{folder}/full', os.O_WRONLY | os.O_CREAT)\n"
        "while True:\n    os.write(file, bytes(65536))"
    )
    _, line = await made(service, tiny, program)
    assert line["end"] == "out_of_memory" or "No space left on device" in line["said"]
    size = await service.python(tiny, f"import os; print(os.stat('{folder}/full').st_size)")
    assert int(size["stdout"]) <= most


def disks_of_the_machine() -> set[int]:
    """The file systems that are mounted out here, by device."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return {os.makedev(*map(int, mount[2].split(":"))) for mount in mounts}


async def test_running_out_of_inodes_ends_within_the_memory_limit(service: SandboxService, tiny: str) -> None:
    disk = await service.python(tiny, "import os; print(os.stat('/workspace').st_dev)")
    # No inode of it is the machine's; gVisor has numbers of its own for devices.
    assert own_kernel(service) or int(disk["stdout"]) not in disks_of_the_machine()
    program = "n = 0\nwhile True:\n    open(f'/workspace/{n}', 'w').close(); n += 1"
    assert await burst(service, tiny, program, timeoutMs=3000) in ("out_of_memory", "failed", "timed_out")
    found = await service.get(tiny)
    if found["state"] == "running":
        assert found["usage"]["memoryBytes"] <= service.bound(tiny)


async def test_running_out_of_descriptors_is_the_commands_own_trouble(
    service: SandboxService, tiny: str
) -> None:
    _, line = await made(service, tiny, "held = []\nwhile True: held.append(open('/dev/null'))")
    assert "Too many open files" in line["said"]
    assert (await service.exec(tiny, "cat /dev/null && echo alive"))["stdout"] == "alive\n"


async def test_cpu_is_shared_out(service: SandboxService) -> None:
    half = await service.create(flavor="small")
    before = (await service.get(half))["usage"]["cpuSeconds"]
    _, line = await made(service, half, "while True: pass", timeoutMs=1000)
    used = (await service.get(half))["usage"]["cpuSeconds"] - before
    assert line["end"] == "timed_out"
    assert used < 1 * FLAVORS["small"].cpus + 0.4


async def test_a_daemon_does_not_survive_terminate(service: SandboxService) -> None:
    sandbox = await service.create()
    program = (
        "import os, signal, time\n"
        "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        "for number in (1, 2, 3, 15): signal.signal(number, signal.SIG_IGN)\n"
        "open('/workspace/up', 'w').close()\n"
        "time.sleep(1000)"
    )
    await made(service, sandbox, program)
    await service.exec(sandbox, "until [ -e up ]; do sleep 0.01; done")
    pids = await confined(service, sandbox)
    with capture_logs() as logs:
        await service.terminate(sandbox)
    assert alive(pids) == []
    assert [line["reason"] for line in logs if line["event"] == "sandbox ended"] == ["terminated"]


async def test_orphans_are_collected(service: SandboxService, sandbox: str) -> None:
    await service.exec(sandbox, "for i in 1 2 3 4 5; do (true & ) ; done")
    zombies = "grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null"
    collected = f'while [ -n "$({zombies})" ]; do sleep 0.01; done'
    assert (await service.exec(sandbox, collected, timeoutMs=5000))["timedOut"] is False


async def test_another_sandboxs_files_and_processes_are_out_of_sight(service: SandboxService) -> None:
    one, other = await service.create(), await service.create()
    secret = "mine-and-mine-alone"
    await service.exec(one, f"for d in /workspace /tmp /dev/shm ~; do echo {secret} >$d/{secret}; done")
    await service.exec(one, f"setsid sh -c ': {secret}; sleep 100; :' >/dev/null 2>&1 & true")
    look = (
        f"find / -path /usr -prune -o -name '{secret}*' 2>/dev/null;"
        " cat /proc/*/cmdline | tr '\\0' ' ' | grep -v grep"
    )
    seen = (await service.exec(other, look))["stdout"].replace(look, "")
    assert seen.count(secret) <= seen.count("find")


async def test_another_sandboxs_sockets_and_memory_are_out_of_reach(service: SandboxService) -> None:
    one, other = await service.create(), await service.create()
    serving = (
        "import ctypes, os, socket\n"
        "t = socket.create_server(('127.0.0.1', 9999))\n"
        "u = socket.socket(socket.AF_UNIX); u.bind(b'\\0meet'); u.listen()\n"
        "print(ctypes.CDLL(None).shmget(4242, 4096, 0o1666) >= 0, flush=True)\n"
        "if os.fork() == 0: import time; time.sleep(60)"
    )
    assert (await service.python(one, serving))["stdout"] == "True\n"
    for program in (
        "import socket; socket.create_connection(('127.0.0.1', 9999), 5)",
        "import socket; socket.socket(socket.AF_UNIX).connect(b'\\0meet')",
        "import ctypes, sys; sys.exit(ctypes.CDLL(None).shmget(4242, 4096, 0) < 0)",
    ):
        _, line = await made(service, other, program)
        assert line["end"] == "failed"


async def test_the_way_outs_credential_is_nowhere_inside(service: SandboxService, sandbox: str) -> None:
    look = (
        "import os\n"
        "for name in os.listdir('/proc'):\n"
        "    for part in ('environ', 'cmdline', 'mem'):\n"
        "        try: print(open(f'/proc/{name}/{part}', 'rb').read(1 << 20))\n"
        "        except OSError: pass\n"
        "print(dict(os.environ), os.listdir('/proc/self/fd'))"
    )
    ran, _ = await made(service, sandbox, look)
    assert "jt-credential" not in json.dumps(ran)


async def test_a_command_holds_no_descriptor_but_its_own(service: SandboxService, sandbox: str) -> None:
    program = "import os; print(sorted(os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n in (0, 1, 2)))\n"
    program += "print(len(os.listdir('/proc/self/fd')))"  # and the one that lists them
    ran, _ = await made(service, sandbox, program)
    assert ran["stdout"] in ("['/dev/null', 'pipe', 'pipe']\n4\n", "['/dev/null', 'host', 'host']\n4\n")


async def test_a_link_that_changes_while_it_is_followed_leads_nowhere(
    service: SandboxService, sandbox: str
) -> None:
    """The file API against a race: a folder that is a link to /etc every other moment."""
    await service.exec(sandbox, "mkdir -p /workspace/real; echo fine >/workspace/real/passwd")
    flip = "while [ ! -e over ]; do ln -sfn /etc race; ln -sfn real race; done"
    flipping = asyncio.create_task(service.exec(sandbox, flip, timeoutMs=20_000))
    url = f"/api/sandboxes/{sandbox}/files/read"
    answers = [await service.client.get(url, params={"path": "race/passwd"}) for _ in range(100)]
    await service.exec(sandbox, "touch over")
    await flipping
    assert {answer.status_code for answer in answers} <= {200, 400, 404}
    assert {answer.json()["content"] for answer in answers if answer.status_code == 200} <= {"fine\n"}
