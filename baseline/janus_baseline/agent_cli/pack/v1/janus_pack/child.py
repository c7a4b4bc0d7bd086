"""The agent's own process: its lines as it writes them, its variables, its end."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from typing import Optional

from .order import WORKSPACE

_QUIET = {
    "DO_NOT_TRACK": "1",
    "DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "false",
    "NO_COLOR": "1",
}


class Child:
    """One program with these arguments; iterate over it for its standard output. Its complaints are ours."""

    def __init__(self, argv: Sequence[str], environment: Optional[dict[str, str]] = None) -> None:
        self._process = subprocess.Popen(
            argv,
            cwd=WORKSPACE,
            env={**os.environ, **_QUIET, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )

    def __iter__(self) -> Iterator[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield line.rstrip("\r\n")

    def exit_code(self) -> int:
        """How it ended. Signals become what a shell makes of them."""
        code = self._process.wait()
        return 128 - code if code < 0 else code


def openai_variables(base_url: str) -> dict[str, str]:
    """Where OpenAI clients find the model. The key only has to be there: the way out puts its own."""
    return {"OPENAI_BASE_URL": base_url, "OPENAI_API_BASE": base_url, "OPENAI_API_KEY": "none"}
