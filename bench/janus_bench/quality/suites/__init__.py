"""Suites: what is asked of a target, and by what it is judged.

`load_suite("public/dev")` reads one, `suites()` lists them all, `prove` shows that their items can be
trusted.
"""

from .catalogue import load_suite, suites
from .proving import Flaw, Proof, prove
from .suite import Suite, SuiteError, SuiteSummary, SuiteUnavailable

__all__ = [
    "Flaw",
    "Proof",
    "Suite",
    "SuiteError",
    "SuiteSummary",
    "SuiteUnavailable",
    "load_suite",
    "prove",
    "suites",
]
