"""The process that parses large bodies: `python -m janus_edge.intake.parse_worker`.

It reads bodies from its input and writes what `parser` expects to its output, one after the other, until its
input ends. A fault ends it with a traceback, and `parser` starts it again.
"""

import fcntl
import os
import signal
import struct
import sys
from contextlib import suppress
from typing import BinaryIO, Final

from janus_mesh.errors import JanusError
from janus_mesh.openai import parse_chat_request
from janus_mesh.strict_json import MAX_INTEGER_DIGITS

# Before each body: its length in bytes.
QUESTION: Final = struct.Struct("<I")
# Before each result: whether it is a request, or else an error; `stream`; `include_usage`; its length.
ANSWER: Final = struct.Struct("<???I")
_NICENESS: Final = 5
# 16 times the default, so that both processes change places less often. The most that Linux grants to all.
_PIPE_BYTES: Final = 1024 * 1024


def main() -> None:
    # The service ends this process by closing its input, after it has drained.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)
    # Streams go first when the processors are busy.
    os.nice(_NICENESS)
    # Longer integers are refused; without this they would be read first.
    sys.set_int_max_str_digits(MAX_INTEGER_DIGITS)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    for pipe in (source, sink):
        with suppress(OSError):  # sockets have another way, and their defaults will do
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    while body := _next_body(source):
        head, payload = _result(body)
        sink.write(head)
        sink.write(payload)
        sink.flush()
        del body, payload


def _next_body(source: BinaryIO) -> bytes:
    head = source.read(QUESTION.size)
    return source.read(QUESTION.unpack(head)[0]) if len(head) == QUESTION.size else b""


def _result(body: bytes) -> tuple[bytes, bytes]:
    try:
        parsed = parse_chat_request(body)
        payload = parsed.request.SerializeToString()
        return ANSWER.pack(True, parsed.stream, parsed.include_usage, len(payload)), payload
    except JanusError as error:
        payload = error.to_proto().SerializeToString()
    return ANSWER.pack(False, False, False, len(payload)), payload


if __name__ == "__main__":
    main()
