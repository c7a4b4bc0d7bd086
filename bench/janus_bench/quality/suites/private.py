"""The private suite: read where it lies, never copied, and refused where others could read it.

Its worth is that no competitor has seen it. So it may lie neither in the repository (it would be published),
nor in a folder that sandboxes see, that the platform serves or searches, or that competitors work in.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from janus_bench.quality.task import Task

from .reading import read_tasks
from .suite import SuiteError, SuiteUnavailable

VARIABLE = "JANUS_BENCH_PRIVATE_PATH"


@dataclass(frozen=True, slots=True)
class Reach:
    """A folder that others can read, and who they are."""

    folder: Path
    whose: str


def private_tasks(environment: Mapping[str, str] = os.environ) -> tuple[Task, ...]:
    """All tasks. Raises `SuiteUnavailable` when there is no suite, `SuiteError` when it lies badly."""
    path = private_path(environment)
    found = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
    if not found:
        raise SuiteError(f"{path}: holds no *.jsonl")
    folder = path if path.is_dir() else path.parent
    assets = folder / "assets"
    refuse_within_reach([path, *found, *(assets.rglob("*") if assets.is_dir() else ())], environment)
    return read_tasks(found, assets)


def private_path(environment: Mapping[str, str]) -> Path:
    given = environment.get(VARIABLE, "")
    if not given:
        raise SuiteUnavailable(f"set {VARIABLE} to its folder, or to one .jsonl file")
    path = Path(given)
    if not path.is_absolute():
        raise SuiteError(f"{VARIABLE}: {given!r} is no absolute path")
    if not path.exists():
        raise SuiteUnavailable(f"{VARIABLE}: there is no {given!r}")
    return path


def refuse_within_reach(paths: list[Path], environment: Mapping[str, str]) -> None:
    """Raises `SuiteError` when any of these, links followed, lies within somebody's reach."""
    reaches = list(reachable(environment))
    for path in paths:
        real = path.resolve()
        if repository := _repository_of(real):
            raise SuiteError(f"{VARIABLE}: {path} lies in the repository {repository}; move it out of there")
        for reach in reaches:
            if real.is_relative_to(reach.folder.resolve()):
                raise SuiteError(f"{VARIABLE}: {path} lies in {reach.folder}, which {reach.whose}")


def reachable(environment: Mapping[str, str]) -> Iterator[Reach]:
    """Where competitors, sandboxes and the public can read, by the settings of the other rooms."""
    yield Reach(Path(__file__).resolve().parents[4], "is the installation of Janus itself")
    for folder in ("/usr", *_folders(environment.get("JANUS_SANDBOX_IMAGE", ""))):
        yield Reach(Path(folder), "every sandbox sees")
    for folder in (environment.get("JANUS_SANDBOX_STATE", ""), "/var/lib/janus-sandbox"):
        yield from _reach(folder, "holds the sandboxes")
    yield from _reach(environment.get("JANUS_PLATFORM_DATA", "") or ".janus/platform", "the platform serves")
    yield from _reach(environment.get("JANUS_ARTIFACTS_STORE", ""), "is the artifact store")
    yield from _reach(environment.get("JANUS_SEARCH_DOCS", "") or "docs", "the platform searches")
    yield from _reach(environment.get("JANUS_HOME", "") or ".janus", "competitors work in")
    registry = environment.get("JANUS_COMPETITORS", "")
    yield from _reach(str(Path(registry).parent) if registry else "", "holds the registry of competitors")
    for folder in _folders(environment.get("JANUS_BENCH_COMPETITOR_FOLDERS", "")):
        yield from _reach(folder, "competitors work in")


def _reach(folder: str, whose: str) -> Iterator[Reach]:
    if folder and "://" not in folder:
        yield Reach(Path(folder), whose)


def _folders(several: str) -> list[str]:
    return [folder for folder in several.split(os.pathsep) if folder]


def _repository_of(path: Path) -> Path | None:
    """The work tree of git that a file lies in, whichever it is: what lies there is meant to be pushed."""
    return next((folder for folder in (path, *path.parents) if (folder / ".git").exists()), None)
