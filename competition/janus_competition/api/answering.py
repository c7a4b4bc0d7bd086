"""The one place where an error becomes a gRPC status, with all that it says in the trailer."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

import grpc

from janus_mesh import logs
from janus_mesh.errors import Internal, JanusError, trailer

ServicerT = TypeVar("ServicerT")
RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[ServicerT, RequestT, Context], Awaitable[ResponseT]]

log = logs.get("competition.api")


def answering(handler: Handler[ServicerT, RequestT, ResponseT]) -> Handler[ServicerT, RequestT, ResponseT]:
    """Lets a handler raise typed errors."""

    @functools.wraps(handler)
    async def guarded(self: ServicerT, request: RequestT, context: Context) -> ResponseT:
        try:
            return await handler(self, request, context)
        except JanusError as error:
            told = error
        except Exception:
            log.exception("call failed", call=handler.__qualname__)
            told = Internal("internal error of the competition service; its log says more")
        log.info("refused", call=handler.__qualname__, code=told.code, reason=told.message)
        return await _refused(context, told)

    return guarded


async def _refused(context: Context, error: JanusError) -> NoReturn:
    """Ends the call with the error."""
    await context.abort(error.status.grpc, error.message, trailer(error))
