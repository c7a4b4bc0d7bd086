"""Sandboxes by gVisor: each has a kernel of its own, a program in user space (`runsc`)."""

from .launcher import Gvisor

__all__ = ["Gvisor"]
