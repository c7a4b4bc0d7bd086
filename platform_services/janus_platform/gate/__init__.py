"""What every call of the platform passes: who calls, may they, what it took, one line of the egress log.

A service's route hands its work to `Gate.answer`; the work gets a `Reply` to write to and a `Passage`, on
which it notes where the call went and what it took.
"""
