"""Calls that are no chat: the one place where what their handlers raise becomes a gRPC status.

    class Registry(router_pb2_grpc.RouterServiceServicer):
        @answering
        async def Drain(self, request, context): ...      # may raise any `JanusError`

The caller gets the error back whole, by `errors.from_grpc`.
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

import grpc

from . import logs
from .errors import Internal, JanusError, trailer

ServicerT = TypeVar("ServicerT")
RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[ServicerT, RequestT, Context], Awaitable[ResponseT]]

log = logs.get("mesh.unary")


def answering(handler: Handler[ServicerT, RequestT, ResponseT]) -> Handler[ServicerT, RequestT, ResponseT]:
    """Lets a handler raise typed errors, or the error of a call that it forwards."""

    @functools.wraps(handler)
    async def guarded(self: ServicerT, request: RequestT, context: Context) -> ResponseT:
        try:
            return await handler(self, request, context)
        except grpc.aio.AioRpcError as error:
            await context.abort(error.code(), error.details() or "", error.trailing_metadata() or ())
        except JanusError as error:
            told = error
        except Exception:
            log.exception("call failed", call=handler.__qualname__)
            told = Internal("internal error; the service's log says more")
        log.info("refused", call=handler.__qualname__, code=told.code, reason=told.message)
        return await _refused(context, told)

    return guarded


async def _refused(context: Context, error: JanusError) -> NoReturn:
    """Ends the call with the error."""
    await context.abort(error.status.grpc, error.message, trailer(error))
