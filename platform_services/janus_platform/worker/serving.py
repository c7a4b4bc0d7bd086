"""The child's side: one message after another, until the parent is gone."""

import json
import os
import resource
import sys
from collections.abc import Callable
from typing import Any

Handler = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


def serve(handler: Handler, *, memory_bytes: int) -> None:
    """Answers messages with `handler`. An exception is its message's answer; the next one is taken."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # Native code prints where it likes; only answers belong on the parent's pipe.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        body = sys.stdin.buffer.read(asked.pop("size"))
        try:
            answer, data = handler(asked, body)
        except Exception as error:  # noqa: BLE001  # hostile input fails in as many ways as there are
            answer, data = {"error": f"{type(error).__name__}: {error}"[:500]}, b""
        answers.write(json.dumps({**answer, "size": len(data)}).encode() + b"\n" + data)
        answers.flush()
