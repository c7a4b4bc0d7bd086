"""Refusals and faults that only the platform services know, beside the mesh's tree."""

import grpc

from janus_mesh.errors import STATUS, CompetitorFailed, RateLimited, Status, Unauthenticated

_BUDGET_SPENT = Status(
    grpc.StatusCode.RESOURCE_EXHAUSTED, 402, "insufficient_quota", "insufficient_quota", False
)


class BudgetSpent(RateLimited):
    """402: the request's budget is used up; nothing more is done for it."""

    @property
    def status(self) -> Status:
        return _BUDGET_SPENT


class TokenClosed(Unauthenticated):
    """401: the attempt that the token was made for is over; nothing more is done for it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="token_closed")


class UpstreamFailed(CompetitorFailed):
    """502: what was called for the caller failed, or answered what is no answer."""

    @property
    def status(self) -> Status:
        row = STATUS[self.kind]
        return Status(row.grpc, row.http, "upstream_error", "upstream_failed", row.retryable)
