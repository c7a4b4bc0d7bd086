"""A child process: its output in lines, its end, and the end of all it started."""

import asyncio
import os
import signal
import sys

import pytest
from support.small_stack import until

from janus_cli.identity import Identity
from janus_cli.process import Process


class Heard(list):
    """The lines of a process, and a wait for one of them."""

    def __init__(self):
        super().__init__()
        self.more = asyncio.Event()

    def __call__(self, line):
        self.append(line)
        self.more.set()

    async def line(self, start):
        async with asyncio.timeout(20):
            while not (found := [line for line in self if line.startswith(start)]):
                self.more.clear()
                await self.more.wait()
        return found[0]


async def start(code, heard):
    return await Process.start((sys.executable, "-S", "-c", code), os.environ, heard)


async def test_lines_of_both_outputs_are_heard_in_order():
    heard = Heard()
    code = "import os; os.write(1, b'one\\ntwo\\n'); os.write(2, b'three\\nunended')"
    process = await start(code, heard)
    assert await process.wait() == 0
    assert heard == [b"one", b"two", b"three", b"unended"]


async def test_an_endless_line_is_handed_on_in_pieces():
    heard = Heard()
    process = await start("print('x' * 3_000_000)", heard)
    await process.wait()
    assert len(heard) > 1
    assert b"".join(heard) == b"x" * 3_000_000


@pytest.mark.parametrize(
    ("code", "status"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 11)", -11)]
)
async def test_the_exit_status_is_told(code, status):
    assert await (await start(code, Heard())).wait() == status


async def test_terminate_asks_and_the_process_ends_itself():
    heard = Heard()
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\nsignal.pause()"
    )
    process = await start(code, heard)
    await heard.line(b"ready")
    process.terminate()
    assert await process.wait() == 5


async def test_kill_ends_a_process_that_does_not_listen():
    heard = Heard()
    code = (
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\nwhile True: signal.pause()"
    )
    process = await start(code, heard)
    await heard.line(b"ready")
    process.terminate()
    process.kill()
    assert await process.wait() == -signal.SIGKILL


async def test_what_a_process_started_ends_with_it():
    heard = Heard()
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    process = await start(code, heard)
    grandchild = int(await heard.line(b""))
    async with asyncio.timeout(20):
        await process.wait()
    await until(lambda: Identity.of(grandchild) is None)


async def test_a_process_is_in_a_session_of_its_own():
    heard = Heard()
    process = await start("import os; print(os.getsid(0) == os.getpid(), flush=True)", heard)
    await process.wait()
    assert heard == [b"True"]


async def test_a_command_that_does_not_exist_ends_with_a_failure():
    heard = Heard()
    process = await Process.start(("/nowhere/at-all",), os.environ, heard)
    assert await process.wait() == 1
    assert any(b"FileNotFoundError" in line for line in heard)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's request is Linux's")
async def test_a_process_dies_with_its_starter_however_that_ends():
    heard = Heard()
    code = (
        "import asyncio, os, sys\n"
        "from janus_cli.process import Process\n"
        "async def main():\n"
        "    child = await Process.start(('sleep', '600'), os.environ, print)\n"
        "    print(child.pid, flush=True)\n"
        "    await child.wait()\n"
        "asyncio.run(main())"
    )
    starter = await Process.start((sys.executable, "-c", code), os.environ, heard)
    child = Identity.of(int(await heard.line(b"")))
    assert child is not None
    os.kill(starter.pid, signal.SIGKILL)
    await starter.wait()
    await until(lambda: not child.alive())
