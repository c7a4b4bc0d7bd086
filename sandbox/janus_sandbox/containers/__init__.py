"""Sandboxes by a container engine, Podman or Docker, over the command line that both share."""

from .backend import Containers

__all__ = ["Containers"]
