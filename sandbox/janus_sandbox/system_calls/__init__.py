"""The system calls that a sandbox may not make: the rules, and the two forms in which filters are given."""

from .bpf import write_bpf
from .profile import profile
from .rules import OWN_KERNEL_RULES, RULES, Rule

__all__ = ["OWN_KERNEL_RULES", "RULES", "Rule", "profile", "write_bpf"]
