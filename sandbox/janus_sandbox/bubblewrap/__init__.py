"""Sandboxes by bubblewrap: kernel namespaces, a system call filter, control groups, a uid for each."""

from .launcher import Bubblewrap

__all__ = ["Bubblewrap"]
