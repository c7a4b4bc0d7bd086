"""Runs as the bench makes them, signed by keys of the tests' own."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

WEIGHTS = {"quality": 45, "speed": 20, "cost": 15, "streaming": 10, "modality": 10}


class Signer:
    """One key."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public_key = base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def bundle(self, run: dict[str, Any]) -> bytes:
        return json.dumps(self.parts(run)).encode()

    def parts(self, run: dict[str, Any]) -> dict[str, Any]:
        signature = base64.b64encode(self._key.sign(canonical(run))).decode()
        return {
            "format": "janus-bench-bundle/1",
            "run": run,
            "public_key": self.public_key,
            "signature": signature,
        }


def canonical(value: Any) -> bytes:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def hashed(run: dict[str, Any]) -> dict[str, Any]:
    """The run with the hash of all else in it."""
    rest = {name: value for name, value in run.items() if name != "content_sha256"}
    return {**rest, "content_sha256": hashlib.sha256(canonical(rest)).hexdigest()}


def figure(value: float, half: float = 1.0) -> dict[str, float]:
    return {"value": value, "low": max(0.0, value - half), "high": min(100.0, value + half)}


def a_run(
    run_id: str = "run_1",
    competitor: str = "alpha",
    score: float = 70.0,
    *,
    half: float = 1.0,
    suite: str = "public/dev",
    digest: str = "d1",
    created_at: str = "2026-11-20T10:00:00Z",
    **changes: Any,
) -> dict[str, Any]:
    """A sound run in which every component has the same score."""
    return hashed(
        {
            "schema_version": 1,
            "id": run_id,
            "created_at": created_at,
            "suite": {"name": suite, "digest": digest, "tasks": 2},
            "target": {
                "url": "http://127.0.0.1:8000",
                "transport": "http",
                "competitor_id": competitor,
                "model": competitor,
            },
            "config": {"concurrency": 2},
            "seed": 7,
            "environment": {"versions": {}, "machine": "größer"},
            "components": {
                name: {**figure(score, half), "weight": weight, "n": 20} for name, weight in WEIGHTS.items()
            },
            "composite": figure(score, half),
            "benchmarks": {"arithmetic": {**figure(score, half), "n": 2}},
            "tasks": [
                {
                    "id": "arithmetic/1",
                    "benchmark": "arithmetic",
                    "category": "code",
                    "repeat": 0,
                    "request": {"messages": [{"role": "user", "content": "2 + 2?"}]},
                    "answer": {"content": "4"},
                    "score": {"value": 1.0, "explanation": "equal"},
                    "error": None,
                },
                {
                    "id": "arithmetic/2",
                    "benchmark": "arithmetic",
                    "category": "code",
                    "repeat": 0,
                    "score": {"value": 0.0, "explanation": "no answer"},
                    "error": {"type": "competitor_error", "message": "it died"},
                },
            ],
            **changes,
        }
    )
