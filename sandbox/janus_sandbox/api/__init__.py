"""The Sandy API over HTTP."""

from .app import build_api

__all__ = ["build_api"]
