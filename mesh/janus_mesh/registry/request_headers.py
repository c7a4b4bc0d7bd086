"""Extra request headers and API keys, given by the names of environment variables.

An entry only names the variables. The service that sends the headers resolves them, so that the entry
can be logged, listed and compared without revealing a secret, and every reader of the file comes to the
same verdict whatever its own environment holds.
"""

import re
from collections.abc import Mapping

from .fields import refusal

_MOST_HEADERS = 32
_LONGEST_VALUE = 4_096
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
# RFC 9110 section 5.5, without obs-text.
_VALUE = re.compile(r"[\t -~]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_REFERENCE = re.compile(r"\$\{([^}]*)\}?")
# Janus's own keys must not be sent to competitors.
_OWN_VARIABLES = re.compile(r"JANUS_.*|SANDY_API_KEY", re.IGNORECASE)
# Hop-by-hop and framing fields, and those that the shim sets itself.
_RESERVED = frozenset(
    (
        "accept",
        "accept-encoding",
        "baggage",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-forwarded-for",
        "x-request-id",
    )
)
_RESERVED_PREFIXES = ("proxy-", "x-janus-", ":")
# Their values are credentials, which do not belong in the file.
_CREDENTIALS = frozenset(
    ("api-key", "authorization", "cookie", "x-api-key", "x-auth-token", "x-goog-api-key")
)


class MissingVariable(Exception):
    """A variable that an entry names is not set, or its value cannot be sent. Never holds the value."""


def check_variable(value: str) -> str:
    """The name of an environment variable that may be sent to a competitor."""
    if not _VARIABLE.fullmatch(value):
        raise refusal("must be the name of an environment variable: letters, digits and _")
    if _OWN_VARIABLES.fullmatch(value):
        raise refusal(f"`{value}` is a variable of Janus itself, which no competitor is sent")
    return value


def check_headers(value: dict[str, str]) -> dict[str, str]:
    """Header names in lower case with their values, references unresolved."""
    if len(value) > _MOST_HEADERS:
        raise refusal(f"must be at most {_MOST_HEADERS}")
    headers: dict[str, str] = {}
    for given, text in value.items():
        name = given.lower()
        if not _NAME.fullmatch(name):
            raise refusal(f"{given[:64]!r} is not a valid header name")
        if name in _RESERVED or name.startswith(_RESERVED_PREFIXES):
            raise refusal(f"`{name}` is set by Janus or belongs to one connection")
        if name in headers:
            raise refusal(f"`{name}` is given twice")
        _check_value(name, text)
        headers[name] = text
    return headers


def _check_value(name: str, text: str) -> None:
    if len(text) > _LONGEST_VALUE or not _VALUE.fullmatch(text):
        raise refusal(f"the value of `{name}` must be at most {_LONGEST_VALUE} printable ASCII characters")
    references = list(_REFERENCE.finditer(text))
    for reference in references:
        if not reference[0].endswith("}"):
            raise refusal(f"the value of `{name}` has a `${{` without its `}}`")
        check_variable(reference[1])
    if name in _CREDENTIALS and not references:
        raise refusal(f"`{name}` must take its value from the environment, as `${{NAME}}`")


def variables_in(headers: Mapping[str, str], api_key_env: str | None) -> list[str]:
    """The names of the variables that `resolve_headers` needs."""
    named = [reference[1] for text in headers.values() for reference in _REFERENCE.finditer(text)]
    return named if api_key_env is None else [*named, api_key_env]


def resolve_headers(
    headers: Mapping[str, str], api_key_env: str | None, environment: Mapping[str, str]
) -> dict[str, str]:
    """The headers to send, with the values of the variables in place.

    Raises `MissingVariable`, which names the variable and not its value.
    """

    def value_of(name: str) -> str:
        value = environment.get(name, "").strip()
        if not value:
            raise MissingVariable(f"the environment variable {name} is not set")
        if not _VALUE.fullmatch(value):
            raise MissingVariable(f"the environment variable {name} holds characters that no header may hold")
        return value

    resolved = {
        name: _REFERENCE.sub(lambda reference: value_of(reference[1]), text) for name, text in headers.items()
    }
    if api_key_env is not None:
        resolved["authorization"] = f"Bearer {value_of(api_key_env)}"
    return resolved
