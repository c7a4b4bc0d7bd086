"""The rules as JSON, as container runtimes take them (OCI runtime specification, `linux.seccomp`)."""

from collections.abc import Sequence
from typing import Any

from .rules import Rule, Test


def profile(rules: Sequence[Rule]) -> dict[str, Any]:
    """The specification's object; names that a machine does not know are ignored by the runtimes."""
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            {
                "names": list(rule.names),
                "action": "SCMP_ACT_ERRNO",
                "errnoRet": rule.error,
                "args": [_argument(test) for test in rule.tests],
            }
            for rule in rules
        ],
    }


def _argument(test: Test) -> dict[str, Any]:
    return {
        "index": test.argument,
        "value": test.first,
        "valueTwo": test.second,
        "op": f"SCMP_CMP_{test.how}",
    }
