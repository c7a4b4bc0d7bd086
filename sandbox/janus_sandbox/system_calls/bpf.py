"""The rules as a program for the kernel, as bubblewrap takes them."""

from collections.abc import Sequence
from pathlib import Path

from janus_mesh.errors import Unavailable

from .rules import Rule


def write_bpf(path: Path, rules: Sequence[Rule]) -> None:
    """Writes the program to a file. Raises `Unavailable` without libseccomp."""
    try:
        import pyseccomp as seccomp  # late: it looks for libseccomp, which may be missing
    except RuntimeError:
        raise Unavailable("libseccomp is missing: apt-get install libseccomp2") from None

    made = seccomp.SyscallFilter(seccomp.ALLOW)
    for rule in rules:
        tests = [
            seccomp.Arg(test.argument, getattr(seccomp, test.how), test.first, test.second)
            for test in rule.tests
        ]
        for name in rule.names:
            if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:
                made.add_rule(seccomp.ERRNO(rule.error), name, *tests)
    with path.open("wb") as file:
        made.export_bpf(file)
