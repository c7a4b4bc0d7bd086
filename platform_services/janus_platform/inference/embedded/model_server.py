"""The process that runs the model: `python -m janus_platform.inference.embedded.model_server`.

It reads its options as one line of JSON on standard input, writes where it listens as one line on
standard output, and lives until its input ends, so it never outlives its parent. It is a process of
its own because loading holds the interpreter still for a second, and a fault in native code should
take nobody along.
"""

import json
import os
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What the parent decides."""

    weights: str
    slots: int
    context: int  # tokens per slot
    threads: int
    api_key: str  # others on this machine shall not get round the proxy


# Tokens per step of reading a prompt. A caller that left is noticed between steps, and a step of 8
# takes about 0.05 s on idle cores; larger ones gain no speed.
_STEP_TOKENS = 8


def main() -> None:
    # Native code prints where it likes; only the report belongs on the parent's pipe.
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    options = ServerOptions(**json.loads(sys.stdin.readline()))
    try:
        server = _serve(options)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=report, flush=True)
        raise
    print(json.dumps({"url": server.listening_address}), file=report, flush=True)
    sys.stdin.read()
    # Native threads may be in the middle of an answer that nobody wants any more.
    os._exit(0)


def _serve(options: ServerOptions) -> Any:
    import xllamacpp  # the process that imports this module for its options must not load it

    params = xllamacpp.CommonParams()
    params.model.path = options.weights
    params.n_parallel = options.slots
    params.n_ctx = options.context * options.slots
    params.n_batch = params.n_ubatch = max(_STEP_TOKENS, options.slots)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.use_jinja = True
    params.cache_ram_mib = 0  # prompts are cached in the slots alone
    params.fit_params = False  # nothing to fit: the sizes are known
    params.api_keys = [options.api_key]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    params.verbosity = 0
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
