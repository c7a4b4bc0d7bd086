"""Runs inside the sandbox, as a program of its own: tests the code of an answer and tells what came of it.

Each result is one line on standard output that begins with the job's nonce. What the code itself prints goes
elsewhere.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import IO, Any


class TooLong(BaseException):
    """A test took too long; no `except Exception` of the code's holds it up."""


def on_alarm(*_: object) -> None:
    raise TooLong


def attempt(seconds: float, work: Callable[[], Any]) -> dict[str, Any]:
    """What a piece of work gives, or what it raises."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return {"value": work()}
    except TooLong:
        return {"raised": "TooLong"}
    except BaseException as error:
        return {"raised": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


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
    return {"stdout": done.stdout[:60_000]}


def load(path: str, names: dict[str, Any]) -> None:
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), names)


def check(entry: str, names: dict[str, Any]) -> bool:
    """Runs the test program beside the code; it raises when the code is wrong."""
    load("check.py", names)
    names["check"](names[entry])
    return True


def main() -> None:
    with open("job.json") as file:
        job = json.load(file)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    signal.signal(signal.SIGALRM, on_alarm)
    for number, stdin in enumerate(job["programs"]):
        tell(out, job["nonce"], f"program {number}", printed(stdin, job["seconds"]))
    if not job["calls"] and not job["check"]:
        return
    names: dict[str, Any] = {"__name__": "solution"}
    loaded = attempt(job["seconds"], lambda: load("solution.py", names))
    if "raised" in loaded:
        print(f"the code raised {loaded['raised']} as it was loaded", file=sys.stderr)
        return
    for number, call in enumerate(job["calls"]):
        result = attempt(job["seconds"], partial(eval, call, names))
        tell(out, job["nonce"], f"call {number}", result)
    if job["check"]:
        tell(out, job["nonce"], "check", attempt(job["seconds"], lambda: check(job["check"], names)))


main()
