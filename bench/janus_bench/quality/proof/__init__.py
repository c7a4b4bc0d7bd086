"""Proof that the bench itself is no part of what it measures.

    python -m janus_bench.quality.proof        prints it; `make bench-timing`

A server of its own process answers over HTTP and gRPC alike, by a script in the prompt, and stamps each
token with when it was written. So three things can be said: how far the readers' times are from the
truth, whether the two transports give the same figures, and how many events a second the load generator
can drive.
"""
