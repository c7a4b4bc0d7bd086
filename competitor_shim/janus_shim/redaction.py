"""Makes what a competitor wrote fit to be shown to clients: one line, bounded, without its secrets.

A container that fails often quotes what it called its own provider with. That key is its operator's, and
clients must not see it.
"""

import re
from typing import Final

MAX_MESSAGE: Final = 2_000

_MASK = "***"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {_MASK}"),
    # Keys by the prefixes of their makers, and JSON Web Tokens.
    (re.compile(r"\b(?:sk|pk|rk|gsk|xai|hf|r8|nvapi|ghp|csk|fw|tgp)[-_][\w.*-]{8,}"), _MASK),
    (re.compile(r"\b(?:AIza|AKIA|eyJ)[\w.*-]{12,}"), _MASK),
    (
        re.compile(
            r"(?i)\b((?:x-)?api[-_ ]?key|access[-_ ]token|secret|password|authorization)"
            r"(['\"]?\s*[:=]\s*['\"]?)(?!(?:bearer|basic)\b)[^\s'\",;&]{6,}"
        ),
        rf"\1\2{_MASK}",
    ),
    (re.compile(r"([?&](?:key|token|sig|signature)=)[^\s&'\"]+", re.IGNORECASE), rf"\1{_MASK}"),
    (re.compile(r"(://)[^\s/@]+@"), rf"\1{_MASK}@"),
)


def presentable(text: str, maximum: int = MAX_MESSAGE) -> str:
    """The text on one line, without what looks like a secret, cut after `maximum` characters."""
    text = _CONTROL.sub(" ", text[: 2 * maximum]).strip()
    for secret, mask in _SECRETS:
        text = secret.sub(mask, text)
    return text[:maximum]
