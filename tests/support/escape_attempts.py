"""Attempts to break out of a sandbox: Python programs, and the error that each must end with.

A program that gets through ends without an error. `syscall(name, ...)` makes a system call by name of this
machine's architecture and raises what it answers.
"""

import errno
import os
from dataclasses import dataclass

PRELUDE = """
import ctypes, errno, fcntl, os, resource, signal, socket, struct, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {numbers}
def syscall(name, *args):
    ctypes.set_errno(0)
    result = libc.syscall(NUMBERS[name], *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""
_CALLS = {
    "x86_64": "ptrace 101 process_vm_readv 310 process_vm_writev 311 pidfd_open 434 pidfd_getfd 438 mount 165"
    " umount2 166 pivot_root 155 chroot 161 fsopen 430 open_tree 428 mount_setattr 442 unshare 272 setns 308"
    " clone 56 clone3 435 bpf 321 perf_event_open 298 userfaultfd 323 io_uring_setup 425 kexec_load 246"
    " init_module 175 finit_module 313 delete_module 176 reboot 169 keyctl 250 add_key 248 request_key 249"
    " settimeofday 164 clock_settime 227 open_by_handle_at 304 name_to_handle_at 303 fanotify_init 300"
    " sethostname 170 personality 135 syslog 103 acct 163 swapon 167 iopl 172 capset 126 kcmp 312 socket 41"
    " ioctl 16",
    "aarch64": "ptrace 117 process_vm_readv 270 process_vm_writev 271 pidfd_open 434 pidfd_getfd 438 mount 40"
    " umount2 39 pivot_root 41 chroot 51 fsopen 430 open_tree 428 mount_setattr 442 unshare 97 setns 268"
    " clone 220 clone3 435 bpf 280 perf_event_open 241 userfaultfd 282 io_uring_setup 425 kexec_load 104"
    " init_module 105 finit_module 273 delete_module 106 reboot 142 keyctl 219 add_key 217 request_key 218"
    " settimeofday 170 clock_settime 112 open_by_handle_at 265 name_to_handle_at 264 fanotify_init 262"
    " sethostname 161 personality 92 syslog 116 acct 89 swapon 224 capset 91 kcmp 272 socket 198 ioctl 29",
}
_WORDS = _CALLS[os.uname().machine].split()
NUMBERS = {name: int(number) for name, number in zip(_WORDS[::2], _WORDS[1::2], strict=True)}

EMPTY = "OSError: [Errno 101] Network is unreachable"
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"
NO_FAMILY = "OSError: [Errno 97] Address family not supported by protocol"
NOT_PERMITTED = "PermissionError: [Errno 1] Operation not permitted"
DENIED = "PermissionError: [Errno 13] Permission denied"
MISSING = "FileNotFoundError: [Errno 2] No such file or directory"
READ_ONLY = "OSError: [Errno 30] Read-only file system"
OTHER_DISK = "OSError: [Errno 18] Invalid cross-device link"
NO_SUCH_PROCESS = "ProcessLookupError: [Errno 3] No such process"
NO_SUCH_CALL = f"OSError: [Errno {errno.ENOSYS}] Function not implemented"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One program, and how the last line of its error begins."""

    name: str
    program: str
    ends_with: tuple[str, ...]

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    def endings(self, *, own_kernel: bool) -> tuple[str, ...]:
        """How it may end; a kernel that is the sandbox's own answers some calls in its own way."""
        return OWN_KERNEL.get(self.name, self.ends_with) if own_kernel else self.ends_with

    @property
    def whole(self) -> str:
        return PRELUDE.replace("{numbers}", repr(NUMBERS)) + self.program


def _attempt(name: str, program: str, *ends_with: str) -> Attempt:
    return Attempt(name, program, ends_with)


def _connect(family: str, address: str) -> str:
    return f"s = socket.socket(socket.{family}); s.settimeout(1); s.connect({address})"


def _send(family: str, address: str) -> str:
    return f"socket.socket(socket.{family}, socket.SOCK_DGRAM).sendto(b'x', {address})"


# Addresses are of documentation's own (RFC 5737, RFC 3849) where the attempt does not name one.
NETWORK = [
    _attempt("TCP over IPv4", _connect("AF_INET", "('192.0.2.1', 80)"), EMPTY),
    _attempt("TCP over IPv6", _connect("AF_INET6", "('2001:db8::1', 80)"), EMPTY, "OSError: [Errno 99]"),
    _attempt("TCP over mapped IPv4", _connect("AF_INET6", "('::ffff:192.0.2.1', 80)"), EMPTY),
    _attempt("TCP to a link-local address", _connect("AF_INET6", "('fe80::1', 80, 0, 1)"), "OSError"),
    _attempt("UDP over IPv4", _send("AF_INET", "('192.0.2.1', 53)"), EMPTY),
    _attempt("UDP over IPv6", _send("AF_INET6", "('2001:db8::1', 53)"), EMPTY, "OSError: [Errno 99]"),
    _attempt("UDP to multicast", _send("AF_INET", "('224.0.0.251', 5353)"), EMPTY),
    _attempt(
        "UDP to broadcast",
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\n"
        "s.sendto(b'x', ('255.255.255.255', 9))",
        EMPTY,
    ),
    _attempt("a name in DNS", "socket.getaddrinfo('example.com', 80)", "socket.gaierror"),
    _attempt("cloud metadata over IPv4", _connect("AF_INET", "('169.254.169.254', 80)"), EMPTY),
    _attempt(
        "cloud metadata over IPv6",
        _connect("AF_INET6", "('fd00:ec2::254', 80)"),
        EMPTY,
        "OSError: [Errno 99]",
    ),
    _attempt("private networks", _connect("AF_INET", "('10.0.0.1', 22)"), EMPTY),
    _attempt(
        "SCTP",
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).connect(('192.0.2.1', 80))",
        "OSError: [Errno 93]",
        EMPTY,
    ),
    _attempt(
        "MPTCP",
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(('192.0.2.1', 80))",
        "OSError",
    ),
    _attempt("raw ICMP", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", NOT_PERMITTED),
    _attempt("raw IPv6", "socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)", NOT_PERMITTED),
    _attempt("packets", "socket.socket(17, socket.SOCK_RAW, 3)", NO_FAMILY),
    _attempt("the hypervisor by AF_VSOCK", "socket.socket(40, socket.SOCK_STREAM)", NO_FAMILY),
    _attempt(
        "AF_VSOCK behind bits that the kernel drops",
        "syscall('socket', ctypes.c_long(40 | 1 << 32), 1, 0)",
        NO_FAMILY,
    ),
    _attempt(
        "raw packets behind flags",
        "syscall('socket', 2, ctypes.c_long(socket.SOCK_RAW | socket.SOCK_CLOEXEC | 1 << 40), 1)",
        NOT_PERMITTED,
    ),
    _attempt("the kernel's ciphers by AF_ALG", "socket.socket(38, socket.SOCK_SEQPACKET)", NO_FAMILY),
    _attempt("AF_BLUETOOTH", "socket.socket(31, socket.SOCK_STREAM, 3)", NO_FAMILY),
    _attempt("AF_TIPC", "socket.socket(30, socket.SOCK_STREAM)", NO_FAMILY),
    _attempt("AF_KEY", "socket.socket(15, socket.SOCK_RAW, 2)", NO_FAMILY),
    _attempt("AF_XDP", "socket.socket(44, socket.SOCK_RAW)", NO_FAMILY),
    _attempt("the kernel's audit", "socket.socket(16, socket.SOCK_RAW, 9)", NO_FAMILY),
    _attempt("the kernel's device events", "socket.socket(16, socket.SOCK_DGRAM, 15)", NO_FAMILY),
    _attempt(
        "a route of its own",
        "s = socket.socket(16, socket.SOCK_DGRAM, 0)\n"
        "body = struct.pack('BBBBBBBBI', 2, 0, 0, 0, 254, 3, 0, 1, 0) + struct.pack('HHI', 8, 4, 1)\n"
        "s.send(struct.pack('IHHII', 16 + len(body), 24, 0x605, 1, 0) + body)\n"
        "error = -struct.unpack('i', s.recv(4096)[16:20])[0]\n"
        "if error: raise OSError(error, os.strerror(error))",
        NOT_PERMITTED,
        "OSError: [Errno 95]",
    ),
    _attempt(
        "another address on loopback",
        "request = b'lo'.ljust(16, b'\\0') + struct.pack('HH4s8x', 2, 0, bytes([192, 0, 2, 1]))\n"
        "fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8916, request)",
        NOT_PERMITTED,
    ),
    _attempt("a tunnel device", "open('/dev/net/tun', 'r+b')", MISSING),
]

FILES = [
    _attempt("the machine's passwords", "open('/etc/shadow')", MISSING),
    _attempt("root's home", "os.listdir('/root')", MISSING),
    _attempt(
        "a control group of its own", "os.mkdir('/sys/fs/cgroup/memory/evil')", MISSING, DENIED, READ_ONLY
    ),
    _attempt("the machine's sockets", "os.listdir('/run/systemd')", MISSING),
    _attempt("a container engine", _connect("AF_UNIX", "'/var/run/docker.sock'"), MISSING, DENIED),
    _attempt(
        "the service behind process 1",
        "socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect('/run/control/service')",
        MISSING,
        REFUSED,
    ),
    _attempt("the machine's disk", "open('/dev/vda', 'rb')", MISSING),
    _attempt("the machine's memory", "open('/dev/mem', 'rb')", MISSING),
    _attempt("the kernel's log", "open('/dev/kmsg', 'rb')", MISSING),
    _attempt("the kernel's memory", "open('/proc/kcore', 'rb')", DENIED, NOT_PERMITTED, MISSING),
    _attempt("a program of the machine", "open('/usr/bin/env', 'r+b')", READ_ONLY, DENIED),
    _attempt("a new program of the machine", "open('/usr/bin/evil', 'wb')", READ_ONLY, DENIED),
    _attempt("the table of users", "open('/etc/passwd', 'a')", READ_ONLY, DENIED),
    _attempt("the supervisor's program", "open('/run/janus/__main__.py', 'a')", READ_ONLY, DENIED),
    _attempt("the root folder", "open('/evil', 'wb')", READ_ONLY, DENIED),
    _attempt("a device folder", "open('/dev/evil', 'wb')", READ_ONLY, DENIED),
    _attempt("a symlink out", "os.symlink('/etc/shadow', 'link'); open('link')", MISSING),
    _attempt("a hard link to a table of users", "os.link('/etc/passwd', 'p')", OTHER_DISK, NOT_PERMITTED),
    _attempt("a hard link to a setuid program", "os.link('/usr/bin/su', 'su')", OTHER_DISK, NOT_PERMITTED),
    _attempt(
        "a device of its own",
        "os.mknod('disk', 0o060666, os.makedev(254, 0)); open('disk', 'rb')",
        NOT_PERMITTED,
    ),
    _attempt("what dumps write", "open('/proc/sys/kernel/core_pattern', 'w')", READ_ONLY, DENIED),
    _attempt("the magic key", "open('/proc/sysrq-trigger', 'w')", READ_ONLY, DENIED, MISSING),
    _attempt("the files of process 1", "os.listdir('/proc/1/root')", DENIED),
    _attempt("the control socket of process 1", "open('/proc/1/fd/0', 'r+b')", DENIED),
    _attempt("the memory of process 1", "open('/proc/1/mem', 'r+b')", DENIED),
    _attempt("the program of process 1", "open('/proc/1/exe', 'r+b')", DENIED, "OSError: [Errno 26]"),
    _attempt(
        "the ids of its namespace",
        "os.write(os.open('/proc/self/uid_map', os.O_WRONLY), b'0 0 1')",
        NOT_PERMITTED,
    ),
    _attempt(
        "a file by its handle",
        "handle = ctypes.create_string_buffer(struct.pack('II', 8, 1) + struct.pack('II', 2, 0))\n"
        "syscall('open_by_handle_at', os.open('/usr', os.O_RDONLY), handle, 0)",
        NOT_PERMITTED,
    ),
]

_NEW = {"user": 0x10000000, "mount": 0x20000, "net": 0x40000000, "pid": 0x20000000, "time": 0x80}
KERNEL = [
    _attempt("a file system", "syscall('mount', b'none', b'/workspace', b'tmpfs', 0, 0)", NOT_PERMITTED),
    _attempt("a bind mount", "syscall('mount', b'/usr', b'/tmp', 0, 4096, 0)", NOT_PERMITTED),
    _attempt("a writable root", "syscall('mount', 0, b'/', 0, 32, 0)", NOT_PERMITTED),
    _attempt("an unmounted folder", "syscall('umount2', b'/workspace', 2)", NOT_PERMITTED),
    _attempt("the new mount calls", "syscall('fsopen', b'tmpfs', 0)", NOT_PERMITTED),
    _attempt("a cloned mount", "syscall('open_tree', -100, b'/', 1)", NOT_PERMITTED),
    _attempt("a changed mount", "syscall('mount_setattr', -100, b'/', 0, b'\\0' * 32, 32)", NOT_PERMITTED),
    _attempt("another root", "syscall('pivot_root', b'/tmp', b'/tmp')", NOT_PERMITTED),
    _attempt("a changed root", "os.chroot('/tmp')", NOT_PERMITTED),
    *(
        _attempt(f"a new {kind} namespace", f"syscall('unshare', {flag})", NOT_PERMITTED)
        for kind, flag in _NEW.items()
    ),
    _attempt("a child in a new namespace", "syscall('clone', 0x10000011, 0, 0, 0, 0)", NOT_PERMITTED),
    _attempt("a child by clone3", "syscall('clone3', b'\\0' * 88, 88)", NO_SUCH_CALL),
    _attempt(
        "the namespace of process 1",
        "syscall('setns', os.open('/proc/self/ns/net', os.O_RDONLY), 0)",
        NOT_PERMITTED,
    ),
    _attempt("tracing process 1", "syscall('ptrace', 16, 1, 0, 0)", NOT_PERMITTED),
    _attempt("tracing its parent", "syscall('ptrace', 16, os.getppid(), 0, 0)", NOT_PERMITTED),
    _attempt("reading process 1", "syscall('process_vm_readv', 1, 0, 0, 0, 0, 0)", NOT_PERMITTED),
    _attempt("writing process 1", "syscall('process_vm_writev', 1, 0, 0, 0, 0, 0)", NOT_PERMITTED),
    _attempt(
        "a descriptor of process 1",
        "syscall('pidfd_getfd', syscall('pidfd_open', 1, 0), 3, 0)",
        NOT_PERMITTED,
    ),
    _attempt("comparing processes", "syscall('kcmp', 1, os.getpid(), 0, 0, 0)", NOT_PERMITTED),
    _attempt("a program in the kernel", "syscall('bpf', 0, b'\\0' * 128, 128)", NOT_PERMITTED),
    _attempt(
        "counters of the machine", "syscall('perf_event_open', b'\\0' * 128, -1, 0, -1, 0)", NOT_PERMITTED
    ),
    _attempt("faults handled by itself", "syscall('userfaultfd', 0)", NOT_PERMITTED),
    _attempt("calls past the filter", "syscall('io_uring_setup', 1, b'\\0' * 120)", NOT_PERMITTED),
    _attempt("another kernel", "syscall('kexec_load', 0, 0, 0, 0)", NOT_PERMITTED),
    _attempt("a module", "syscall('init_module', b'x', 1, b'')", NOT_PERMITTED),
    _attempt("a removed module", "syscall('delete_module', b'loop', 0)", NOT_PERMITTED),
    _attempt("a restart", "syscall('reboot', 0xfee1dead, 672274793, 0x1234567, 0)", NOT_PERMITTED),
    _attempt("somebody's keys", "syscall('keyctl', 0, -3, 1)", NOT_PERMITTED),
    _attempt("a key", "syscall('add_key', b'user', b'x', b'y', 1, -3)", NOT_PERMITTED),
    _attempt("another time", "syscall('settimeofday', b'\\0' * 16, 0)", NOT_PERMITTED),
    _attempt("watching files", "syscall('fanotify_init', 0, 0)", NOT_PERMITTED),
    _attempt("another name", "syscall('sethostname', b'x', 1)", NOT_PERMITTED),
    _attempt("another personality", "syscall('personality', 0x0040000)", NOT_PERMITTED),
    _attempt(
        "the kernel's messages", "syscall('syslog', 3, ctypes.create_string_buffer(64), 64)", NOT_PERMITTED
    ),
    _attempt("process accounting", "syscall('acct', b'/tmp/a')", NOT_PERMITTED),
    _attempt("swap", "syscall('swapon', b'/tmp/a', 0)", NOT_PERMITTED),
    _attempt(
        "capabilities",
        "syscall('capset', struct.pack('Ii', 0x20080522, 0), struct.pack('6I', *[0xffffffff] * 6))",
        NOT_PERMITTED,
    ),
    _attempt("to be root", "os.setuid(0)", NOT_PERMITTED, "OSError: [Errno 22]"),
    _attempt("another user", "os.setresuid(2000, 2000, 2000)", NOT_PERMITTED, "OSError: [Errno 22]"),
    _attempt("another group", "os.setgroups([0])", NOT_PERMITTED),
    _attempt("a file of root's", "open('f', 'w'); os.chown('f', 0, 0)", NOT_PERMITTED, "OSError: [Errno 22]"),
    _attempt("a better priority", "os.setpriority(0, 0, -20)", DENIED, NOT_PERMITTED),
    _attempt("real time", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))", NOT_PERMITTED),
    _attempt(
        "protection from the memory limit",
        "os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000')",
        DENIED,
    ),
    _attempt(
        "more descriptors",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 20, 1 << 20))",
        "ValueError: not allowed to raise maximum limit",
    ),
    _attempt("typing into a terminal", "fcntl.ioctl(0, 0x5412, b'x')", NOT_PERMITTED),
    _attempt(
        "typing behind bits that the kernel drops",
        "syscall('ioctl', 0, ctypes.c_long(0x5412 | 1 << 32), b'x')",
        NOT_PERMITTED,
    ),
    _attempt("a process of the machine", "os.kill({host_pid}, 9)", NO_SUCH_PROCESS),
    _attempt(
        "a process of the machine by descriptor", "syscall('pidfd_open', {host_pid}, 0)", NO_SUCH_PROCESS
    ),
]

NO_ROUTE = "OSError: [Errno 113] No route to host"
NO_DEVICE = "OSError: [Errno 6] No such device or address"
NO_PROTOCOL = "OSError: [Errno 93] Protocol not supported"
# What changes nothing but the sandbox's own kernel, a program that ends with it.
ITS_OWN = "it got through"
_UNROUTED = (
    *("TCP over IPv4", "TCP over IPv6", "TCP over mapped IPv4", "UDP over IPv4", "UDP over IPv6"),
    *("cloud metadata over IPv4", "cloud metadata over IPv6", "private networks"),
)
OWN_KERNEL: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_UNROUTED, (NO_ROUTE, EMPTY)),
    "TCP to a link-local address": ("TimeoutError", "OSError"),
    "SCTP": ("OSError: [Errno 22] Invalid argument", NO_PROTOCOL),
    "packets": (NOT_PERMITTED,),
    "the kernel's audit": (NO_PROTOCOL,),
    "the kernel's device events": (ITS_OWN, NO_PROTOCOL),
    "a route of its own": (DENIED, NOT_PERMITTED),
    "another address on loopback": ("OSError: [Errno 25] Inappropriate ioctl for device", NOT_PERMITTED),
    "a tunnel device": ("io.UnsupportedOperation", MISSING, DENIED),  # its own, without its network
    "a device of its own": (NO_DEVICE, NOT_PERMITTED),
    "the control socket of process 1": (NO_DEVICE, DENIED),
    "a changed mount": (NO_SUCH_CALL, NOT_PERMITTED),
    "a descriptor of process 1": (NO_SUCH_CALL, NOT_PERMITTED),
    "a child by clone3": (NO_SUCH_CALL,),
    "a better priority": (ITS_OWN, DENIED),
    "real time": ("OSError: [Errno 22] Invalid argument", NOT_PERMITTED),
    "protection from the memory limit": (ITS_OWN, DENIED),
    "a process of the machine by descriptor": (NO_SUCH_CALL, NO_SUCH_PROCESS),
}
