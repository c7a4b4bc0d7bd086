"""The `janus-bench` command."""

from .main import app

__all__ = ["app"]
