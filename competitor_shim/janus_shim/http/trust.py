"""Whose certificates are trusted over https: the system's authorities, or those of a PEM file."""

import asyncio
import ssl
from pathlib import Path

from janus_mesh.errors import Unavailable


class Trust:
    """One TLS context for each CA file, made again when the file changes."""

    def __init__(self) -> None:
        self._contexts: dict[str, tuple[int, ssl.SSLContext]] = {}

    async def context(self, ca_file: str) -> ssl.SSLContext:
        """The context for a CA file, or for the system's authorities when it is empty.

        Raises `Unavailable` when the file holds no certificates that can be read.
        """
        try:
            changed = Path(ca_file).stat().st_mtime_ns if ca_file else 0  # noqa: ASYNC240  # one stat
            known = self._contexts.get(ca_file)
            if known is None or known[0] != changed:
                known = changed, await asyncio.to_thread(ssl.create_default_context, cafile=ca_file or None)
                self._contexts[ca_file] = known
        except OSError as error:  # ssl.SSLError is one
            problem = "holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
            raise Unavailable(f"the CA file for the competitor cannot be used: {problem}") from None
        return known[1]
