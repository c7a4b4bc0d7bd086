"""What one question may take at most."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds and bytes; what exceeds them is a failure of the target."""

    connect_seconds: float = 5.0
    total_seconds: float = 300.0
    silence_seconds: float = 120.0  # without a single byte
    artifact_seconds: float = 60.0
    answer_bytes: int = 16 * 1024 * 1024
    events: int = 50_000
    artifact_bytes: int = 32 * 1024 * 1024  # all files of one answer
    artifacts: int = 32


class TooMuch(Exception):
    """The answer is longer than allowed."""
