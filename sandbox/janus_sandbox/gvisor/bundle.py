"""What `runsc` is told to run: a bundle of the OCI runtime specification."""

import json
import os
from pathlib import Path
from typing import Any

from janus_sandbox.image import UID, Image, in_memory
from janus_sandbox.limits import Limits
from janus_sandbox.system_calls import OWN_KERNEL_RULES, profile

_PLACES = ("dev", "proc", "sys", "tmp", "var", "run", "home")
_CAPABILITIES = ("bounding", "effective", "inheritable", "permitted", "ambient")
_DESCRIPTORS = 4096
_CONTROL = 0  # standard input: of the service's descriptors the only kind that comes in


def make_root(root: Path, image: Image) -> None:
    """A root folder of nothing but links and places to mount on."""
    for place in _PLACES:
        (root / place).mkdir(parents=True)
    for target, place in image.links():
        (root / place.lstrip("/")).symlink_to(target)


def write_bundle(bundle: Path, root: Path, image: Image, limits: Limits) -> None:
    bundle.mkdir(parents=True)
    specification = {
        "ociVersion": "1.0.2",
        "hostname": "sandbox",
        "root": {"path": os.fspath(root), "readonly": True},
        "process": {
            "user": {"uid": UID, "gid": UID},
            "args": image.supervisor(_CONTROL, carries=True),
            "env": ["PATH=/usr/bin:/bin"],
            "cwd": "/workspace",
            "noNewPrivileges": True,
            "capabilities": {kind: [] for kind in _CAPABILITIES},
            "rlimits": [
                _limit("RLIMIT_NPROC", limits.processes),
                _limit("RLIMIT_NOFILE", _DESCRIPTORS),
                _limit("RLIMIT_CORE", 0),
            ],
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
            # In its place there would be one of gVisor's own.
            {"destination": "/sys", "type": "tmpfs", "source": "tmpfs", "options": ["ro", "size=4096"]},
            _bound(image.etc, "/etc"),
            *(_bound(source, place) for source, place in image.shown()),
            *(_bound(folder, os.fspath(folder)) for folder in image.extra),
            *(_memory(folder, size) for folder, size in in_memory(limits).items()),
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "seccomp": profile(OWN_KERNEL_RULES),
        },
    }
    (bundle / "config.json").write_text(json.dumps(specification))


def _limit(kind: str, value: int) -> dict[str, Any]:
    return {"type": kind, "hard": value, "soft": value}


def _bound(source: Path, place: str) -> dict[str, Any]:
    options = ["rbind" if source.is_dir() else "bind", "ro"]
    return {"destination": place, "type": "bind", "source": os.fspath(source), "options": options}


def _memory(folder: str, size: int) -> dict[str, Any]:
    options = [f"size={size}", f"uid={UID}", f"gid={UID}", "mode=0755", "nosuid", "nodev"]
    return {"destination": folder, "type": "tmpfs", "source": "tmpfs", "options": options}
