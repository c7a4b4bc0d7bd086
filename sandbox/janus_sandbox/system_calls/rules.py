"""What is refused, whoever puts it into force.

All else is allowed: agents run compilers, interpreters and package managers. What is refused widens the
kernel's surface, reaches other processes, makes namespaces or mounts, or opens a socket that an empty
network namespace does not hold (AF_VSOCK reaches the hypervisor from anywhere).
"""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass

_REFUSED = {
    "other processes": "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd",
    "mounts": "mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree"
    " mount_setattr swapon swapoff quotactl quotactl_fd",
    "namespaces": "unshare setns",
    "kernel": "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register kexec_load"
    " kexec_file_load init_module finit_module delete_module syslog acct reboot vhangup iopl ioperm"
    " modify_ldt",
    "keyrings": "keyctl add_key request_key",
    "clocks": "settimeofday clock_settime clock_adjtime adjtimex",
    "files by handle": "open_by_handle_at name_to_handle_at fanotify_init",
    "memory of other nodes": "move_pages migrate_pages mbind set_mempolicy",
    "identity of the machine": "sethostname setdomainname personality",
}
_NEW_NAMESPACES = 0x7E020080  # CLONE_NEWNS | CGROUP | UTS | IPC | USER | PID | NET | TIME
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into somebody's terminal
_ALL = 0xFFFFFFFF
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_SOCKETS = (_UNIX, _INET, _INET6, _NETLINK)
_NETLINK_ROUTE = 0  # what the C library asks for the addresses of a machine
_TYPE_MASK = 0xF  # the rest of `type` are flags
_TYPES = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET)


@dataclass(frozen=True, slots=True)
class Test:
    """One test of an argument: `EQ`, `NE` and `GT` against `first`; `MASKED_EQ` by the mask `first` against
    `second`.
    """

    argument: int
    how: str
    first: int
    second: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """Calls that fail with `error` when their arguments pass all tests."""

    names: tuple[str, ...]
    error: int
    tests: tuple[Test, ...] = ()


def _forbidden() -> Iterator[Rule]:
    for names in _REFUSED.values():
        yield Rule(tuple(names.split()), errno.EPERM)
    for flag in _each_bit(_NEW_NAMESPACES):
        yield Rule(("clone",), errno.EPERM, (Test(0, "MASKED_EQ", flag, flag),))
    for request in _TERMINAL_INPUT:
        yield Rule(("ioctl",), errno.EPERM, (Test(1, "MASKED_EQ", _ALL, request),))


def _widening_a_shared_kernel() -> Iterator[Rule]:
    # Its flags lie in memory, where a filter cannot look; the C library then takes `clone`.
    yield Rule(("clone3",), errno.ENOSYS)
    calls = ("socket", "socketpair")
    for family in range(max(_SOCKETS)):
        if family not in _SOCKETS:
            yield Rule(calls, errno.EAFNOSUPPORT, (Test(0, "EQ", family),))
    yield Rule(calls, errno.EAFNOSUPPORT, (Test(0, "GT", max(_SOCKETS)),))
    for kind in range(_TYPE_MASK + 1):
        if kind not in _TYPES:
            for family in (_UNIX, _INET, _INET6):
                tests = (Test(0, "EQ", family), Test(1, "MASKED_EQ", _TYPE_MASK, kind))
                yield Rule(calls, errno.EPERM, tests)
    netlink = (Test(0, "EQ", _NETLINK), Test(2, "NE", _NETLINK_ROUTE))
    yield Rule(calls, errno.EAFNOSUPPORT, netlink)


def _each_bit(mask: int) -> list[int]:
    return [1 << bit for bit in range(mask.bit_length()) if mask >> bit & 1]


# For a kernel of the sandbox's own, which knows neither the machine's socket families nor its devices.
OWN_KERNEL_RULES = tuple(_forbidden())
RULES = (*OWN_KERNEL_RULES, *_widening_a_shared_kernel())
