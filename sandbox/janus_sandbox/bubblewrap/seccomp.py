"""The system calls that a sandbox may not make, as a BPF program for bubblewrap.

All else is allowed: agents run compilers, interpreters and package managers. What is refused widens the
kernel's surface, reaches other processes, makes namespaces or mounts, or opens a socket that an empty
network namespace does not hold (AF_VSOCK reaches the hypervisor from anywhere).
"""

import errno
import socket
from pathlib import Path
from typing import Any

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
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_SOCKETS = (_UNIX, _INET, _INET6, _NETLINK)
_NETLINK_ROUTE = 0  # what the C library asks for the addresses of a machine
_TYPE_MASK = 0xF  # the rest of `type` are flags
_TYPES = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET)


def write_filter(path: Path) -> None:
    """Writes the program to a file. Raises `RuntimeError` without libseccomp."""
    import pyseccomp as seccomp  # late: it looks for libseccomp, which may be missing

    refuse = seccomp.ERRNO(errno.EPERM)
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for names in _REFUSED.values():
        for name in names.split():
            if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:
                rules.add_rule(refuse, name)
    for flag in _each_bit(_NEW_NAMESPACES):
        rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    # Its flags lie in memory, where a filter cannot look; the C library then takes `clone`.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for request in _TERMINAL_INPUT:
        rules.add_rule(refuse, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
    for call in ("socket", "socketpair"):
        _only_known_sockets(rules, seccomp, call)
    with path.open("wb") as file:
        rules.export_bpf(file)


def _only_known_sockets(rules: Any, seccomp: Any, call: str) -> None:
    unknown = seccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in range(max(_SOCKETS)):
        if family not in _SOCKETS:
            rules.add_rule(unknown, call, seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(unknown, call, seccomp.Arg(0, seccomp.GT, max(_SOCKETS)))
    for kind in range(_TYPE_MASK + 1):
        if kind not in _TYPES:
            for family in (_UNIX, _INET, _INET6):
                rules.add_rule(
                    seccomp.ERRNO(errno.EPERM),
                    call,
                    seccomp.Arg(0, seccomp.EQ, family),
                    seccomp.Arg(1, seccomp.MASKED_EQ, _TYPE_MASK, kind),
                )
    netlink = seccomp.Arg(0, seccomp.EQ, _NETLINK)
    rules.add_rule(unknown, call, netlink, seccomp.Arg(2, seccomp.NE, _NETLINK_ROUTE))


def _each_bit(mask: int) -> list[int]:
    return [1 << bit for bit in range(mask.bit_length()) if mask >> bit & 1]
