"""Runs inside the sandbox: tests the code of an answer, which runs in another process, and tells the results.

Each result is one line on standard output that begins with the job's nonce. The code that is tested can read
neither the nonce nor the checks: their files are removed before it starts, it has no descriptor of this
process, and this process gives its memory to nobody (`PR_SET_DUMPABLE`).
"""

import builtins
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

_PR_SET_DUMPABLE = 4
_MOST_REPLY = 1024 * 1024  # bytes
_OWN_FILES = ("run.py", "plain_data.py", "candidate.py", "job.json", "check.py")


class TooLong(BaseException):
    """A test took too long; no `except Exception` of a check holds it up."""


def on_alarm(*_: object) -> None:
    raise TooLong


class Raised(Exception):
    """The code raised an error of this class, or broke off."""


class Candidate:
    """The code under test, in a process of its own that is started again after a test ended it."""

    def __init__(self, source: str, seconds: float) -> None:
        self._source = source
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._replies = -1
        self._unread = b""
        self._number = 0

    def start(self) -> None:
        """Loads the code. Raises `Raised` or `TooLong`."""
        replies, theirs = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", self._source, str(theirs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs,),
            start_new_session=True,
        )
        os.close(theirs)
        self._replies, self._unread, self._number = replies, b"", 0
        self._result(time.monotonic() + self._seconds)

    def ask(self, request: dict[str, Any], seconds: float) -> Any:
        """What a call returns. Raises `Raised` with the class of its error, or `TooLong`."""
        if self._process is None:
            self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        self._number += 1
        try:
            self._process.stdin.write(json.dumps({"number": self._number, **request}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            self.end()
            raise Raised("ProcessEnded") from None
        return self._result(time.monotonic() + seconds)

    def end(self) -> None:
        if self._process is None:
            return
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        os.close(self._replies)
        self._process = None

    def _result(self, until: float) -> Any:
        try:
            reply = json.loads(self._line(until))
            if reply["number"] != self._number:
                raise ValueError("a reply to another call")
            raised = reply.get("raised")
            value = None if raised is not None else DATA["decoded"](reply["value"])
        except TooLong:
            self.end()
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.end()
            raise Raised("NotPlainData") from None
        if raised is not None:
            raise Raised(str(raised)[:200])
        return value

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._replies], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TooLong
            read = os.read(self._replies, 65536)
            if not read or len(self._unread) > _MOST_REPLY:
                self.end()
                raise Raised("ProcessEnded" if not read else "NotPlainData")
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return line


def attempt(work: Callable[[], Any]) -> dict[str, Any]:
    """What a piece of work gives, or the class of what it raises."""
    try:
        return {"value": work()}
    except Raised as error:
        return {"raised": str(error)}
    except BaseException as error:
        return {"raised": type(error).__name__}


def checked(text: str, candidate: Candidate, entry: str, seconds: float) -> bool:
    """Runs a test program here, against the code over there. Raises when the code is wrong."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        request = {"function": entry, "arguments": DATA["encoded"]((arguments, keywords))}
        try:
            return candidate.ask(request, seconds)
        except Raised as error:
            kind = getattr(builtins, str(error), None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                raise kind from None
            raise

    names: dict[str, Any] = {"__name__": "check"}
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        exec(compile(text, "check.py", "exec"), names)
        names["check"](call)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return True


def tell(out: IO[str], nonce: str, test: str, result: dict[str, Any]) -> None:
    try:
        line = json.dumps({"test": test, **result}, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        line = json.dumps({"test": test, "raised": "NoJsonValue"})
    out.write(f"{nonce}{line}\n")
    out.flush()


def printed(stdin: str, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-I", "solution.py"]
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return {"raised": "TooLong"}
    except UnicodeDecodeError:
        return {"raised": "NotText"}
    return {"stdout": done.stdout[:60_000]}


def taken(name: str) -> str:
    """A file's content, which nobody can read after this."""
    with open(name) as file:
        content = file.read()
    os.unlink(name)
    return content


DATA: dict[str, Any] = {}


def main() -> None:
    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        sys.exit("this process cannot hide its memory from the code that it tests")
    files = {name: taken(name) for name in _OWN_FILES}
    exec(compile(files["plain_data.py"], "plain_data.py", "exec"), DATA)
    job = json.loads(files["job.json"])
    seconds, nonce = job["seconds"], job["nonce"]
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    signal.signal(signal.SIGALRM, on_alarm)
    for number, stdin in enumerate(job["programs"]):
        tell(out, nonce, f"program {number}", printed(stdin, seconds))
    if not job["calls"] and not job["check"]:
        return
    candidate = Candidate(f"{files['plain_data.py']}\n{files['candidate.py']}", seconds)
    loaded = attempt(candidate.start)
    if "raised" in loaded:
        print(f"the code raised {loaded['raised']} as it was loaded", file=sys.stderr)
        return
    for number, call in enumerate(job["calls"]):
        tell(out, nonce, f"call {number}", attempt(lambda: candidate.ask({"expression": call}, seconds)))  # noqa: B023
    if job["check"]:
        check = attempt(lambda: checked(files["check.py"], candidate, job["check"], seconds))
        tell(out, nonce, "check", check)
    candidate.end()


main()
