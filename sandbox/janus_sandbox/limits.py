"""How much a sandbox may use, by flavor."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one sandbox. Its files lie in memory and count towards `memory_bytes` as well."""

    memory_bytes: int
    cpus: float
    processes: int
    disk_bytes: int  # /workspace
    scratch_bytes: int  # /tmp and the home folder, each


FLAVORS: dict[str, Limits] = {
    "small": Limits(512 * MIB, 0.5, 128, 256 * MIB, 64 * MIB),
    "medium": Limits(1024 * MIB, 1.0, 256, 512 * MIB, 128 * MIB),
    "large": Limits(4096 * MIB, 2.0, 1024, 2048 * MIB, 512 * MIB),
}
DEFAULT_FLAVOR = "medium"
# Sandy's own names are of images, not of sizes: ours all have what both of them stand for.
SANDY_FLAVORS = {"basic": DEFAULT_FLAVOR, "agent-ready": DEFAULT_FLAVOR}
