"""Which control groups this machine lets us use, found out by making one."""

from pathlib import Path

from janus_mesh import logs
from janus_sandbox.limits import FLAVORS

from .group import Tree
from .v1 import V1Tree
from .v2 import V2Tree

ROOT = Path("/sys/fs/cgroup")
_TRIAL = "trial"

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
