"""The `janus-bench` command."""

import os

# gRPC's core writes notes about ordinary disconnects on standard error, past every logger; it must be said
# before the library is loaded.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

from .main import app, main

__all__ = ["app", "main"]
