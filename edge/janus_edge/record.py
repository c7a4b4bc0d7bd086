"""What one HTTP request leaves behind for its log line, its metrics and its headers.

The middleware puts a `RequestRecord` into the ASGI scope; whoever learns something notes it there.
"""

from dataclasses import dataclass, field
from typing import Self

from starlette.types import Scope

_KEY = "janus.record"


@dataclass(slots=True)
class RequestRecord:
    """One request, as far as it is known by now."""

    request_id: str
    competitor_id: str = ""
    error: str = ""  # code of the error that the client was told
    response_begun: bool = False
    response_complete: bool = False
    client_left: bool = False
    anonymous: bool = False  # the client must not learn who answers
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)  # for the response, whatever it is

    def attach(self, scope: Scope) -> None:
        scope[_KEY] = self

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """The record of the request that `scope` belongs to."""
        record: Self = scope[_KEY]
        return record
