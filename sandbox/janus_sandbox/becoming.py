"""The way from a process of ours to one that holds a sandbox: groups, mounts of its own, another user."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path


def becoming(
    groups: Sequence[Path],
    command: Sequence[str],
    *,
    prefix: str = "",
    mounts: Mapping[Path, Path] | None = None,
) -> tuple[str, ...]:
    """A shell that enters the groups, makes the mounts (source: place) and becomes the command.

    The mounts are made in a namespace of their own, which goes when the sandbox goes. `prefix` is a program
    that the command is run by, with its options.
    """
    lines = ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"]
    lines += [f"echo 0 >{_quoted(file)} || exit 125" for file in groups]
    become = f"exec {prefix}"
    if mounts:
        made = [f"mount --bind {_quoted(source)} {_quoted(place)}" for source, place in mounts.items()]
        inner = " && ".join((*made, f'{become} "$@"'))
        become = f"exec unshare --mount --propagation private /bin/sh -c {shlex.quote(inner)} sh"
    return ("/bin/sh", "-c", "\n".join((*lines, f'{become} "$@"')), "sh", *command)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
