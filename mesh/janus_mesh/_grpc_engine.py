"""Which of gRPC's polling engines carries our calls; to be imported before `grpc`, which asks but once.

The newer one hands each message from thread to thread to thread before Python has it, which makes
requests dearer and slower (decision 12). Set to nothing, `GRPC_EXPERIMENTS` takes the newer one.
"""

import os

_PARTS = ("client", "listener", "callback_cq", "for_all_other_endpoints")

os.environ.setdefault("GRPC_EXPERIMENTS", ",".join(f"-event_engine_{part}" for part in _PARTS))
