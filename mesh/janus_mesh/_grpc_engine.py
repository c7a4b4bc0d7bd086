"""Which of gRPC's polling engines carries our calls; to be imported before `grpc`, which asks but once.

The newer one hands each message from thread to thread to thread before Python has it, which made a request's
three hops a tenth dearer, on an idle machine up to a quarter, and as much slower (decision 12).
"""

import os

_PARTS = ("client", "listener", "callback_cq", "for_all_other_endpoints")

os.environ.setdefault("GRPC_EXPERIMENTS", ",".join(f"-event_engine_{part}" for part in _PARTS))
