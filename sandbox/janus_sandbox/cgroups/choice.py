"""Which control groups this machine lets us use, found out by making one."""

from pathlib import Path

from janus_mesh import logs
from janus_sandbox.limits import FLAVORS

from .group import Group, Tree
from .v1 import CONTROLLERS as V1_CONTROLLERS
from .v1 import V1Group, V1Tree
from .v2 import V2Group, V2Tree

ROOT = Path("/sys/fs/cgroup")
_TRIAL = "trial"
_INNER = "container"  # below the group that has the limits, by some runtimes

log = logs.get("sandbox.cgroups")


_KINDS: tuple[type[V2Tree] | type[V1Tree], ...] = (V2Tree, V1Tree)


def choose(name: str, root: Path = ROOT) -> Tree | None:
    """The service's own tree below `name`; None, with the reasons in the log, when none can be had."""
    reasons = []
    for kind in _KINDS:
        tree: Tree = kind(root, name)
        try:
            tree.make()
            tree.create(_TRIAL, FLAVORS["small"]).remove()
        except OSError as error:
            reasons.append(f"{kind.version}: {error.strerror} ({error.filename})")
        else:
            return tree
    log.warning("no control groups", reasons=reasons)
    return None


def existing(name: str, root: Path = ROOT) -> list[Tree]:
    """The trees below `name` that are there."""
    trees: list[Tree] = [kind(root, name) for kind in _KINDS]
    return [tree for tree in trees if tree.exists]


def of_process(pid: int, root: Path = ROOT, proc: Path = Path("/proc")) -> Group | None:
    """The group that a process is in; None where this machine's files do not show one that counts."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return None
    # Of each line: hierarchy, its controllers, path (cgroups(7)); the unified one names no controllers.
    paths = {name: line.split(":", 2)[2] for line in lines for name in line.split(":", 2)[1].split(",")}
    unified = root / paths.get("", "none").lstrip("/")
    if unified.name == _INNER:
        unified = unified.parent
    groups: tuple[V2Group | V1Group, ...] = (
        V2Group(unified),
        V1Group({name: root / name / paths.get(name, "none").lstrip("/") for name in V1_CONTROLLERS}),
    )
    return next((group for group in groups if group.counts), None)
