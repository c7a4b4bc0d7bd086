"""CPU and memory of other processes, held against what those processes say of themselves."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from janus_bench.mesh.accounting import Stat, cpu_seconds, parse_stat, resident_bytes

# Works until it has used as much CPU as it was told to, says how much, and waits to be dismissed.
_BUSY = """
import sys, time
until = float(sys.argv[1])
while time.process_time() < until: pass
print(time.process_time(), flush=True)
sys.stdin.read()
"""
_IN_A_CHILD = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", '''{_BUSY}''', sys.argv[1]])
"""
_IN_A_THREAD = """
import sys, threading, time
def work():
    until = time.thread_time() + float(sys.argv[1])
    while time.thread_time() < until: pass
worker = threading.Thread(target=work)
worker.start()
worker.join()
print(time.process_time(), flush=True)
sys.stdin.read()
"""
_WAITED_FOR = f"""
import subprocess, sys
command = [sys.executable, "-c", '''{_BUSY}''', sys.argv[1]]
done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
print(done.stdout.decode(), flush=True)
sys.stdin.read()
"""
_NOT_WAITED_FOR = f"""
import subprocess, sys
command = [sys.executable, "-c", '''{_BUSY}''', sys.argv[1]]
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
print(child.stdout.read().decode(), flush=True)
sys.stdin.read()
"""


@contextmanager
def busy(program: str, seconds: float) -> Iterator[tuple[int, float]]:
    """A process that has worked that long: its pid, and the CPU seconds by its own account."""
    command = [sys.executable, "-c", program, str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield child.pid, float(child.stdout.readline())


def test_a_busy_process_is_charged_what_it_used() -> None:
    with busy(_BUSY, 0.3) as (pid, own_account):
        assert cpu_seconds(pid) == pytest.approx(own_account, abs=0.02)


@pytest.mark.parametrize("program", [_IN_A_THREAD, _IN_A_CHILD])
def test_threads_that_ended_and_children_are_charged_to_their_process(program: str) -> None:
    with busy(program, 0.2) as (pid, own_account):
        used = cpu_seconds(pid)
        assert own_account <= used + 0.01
        assert used <= own_account + 0.2  # the parent's own start


@pytest.mark.parametrize("program", [_WAITED_FOR, _NOT_WAITED_FOR])
def test_a_child_that_ended_stays_charged(program: str) -> None:
    with busy(program, 0.2) as (pid, _):
        assert cpu_seconds(pid) >= 0.19


def test_memory_is_seen_as_it_is_taken() -> None:
    command = [sys.executable, "-c", "import sys; x = b'x' * (64 << 20); print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert resident_bytes(child.pid) > 64 << 20


def test_a_process_that_is_gone_uses_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert (cpu_seconds(child.pid), resident_bytes(child.pid)) == (0.0, 0)


def test_a_command_name_may_hold_spaces_and_parentheses() -> None:
    line = "71 (tmux: (a) b) S 12 71 71 0 -1 4194560 1 2 3 4 500 600 7 8 20 0 1 0 100 1000 10"
    assert parse_stat(line) == Stat(parent=12, own_ticks=1100, reaped_ticks=15)


def test_it_reads_itself() -> None:
    assert cpu_seconds(os.getpid()) > 0
