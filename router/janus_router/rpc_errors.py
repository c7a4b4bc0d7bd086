"""The one place where the router's own services turn an error into a gRPC status."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc

from janus_mesh import logs
from janus_mesh.errors import JanusError

from .registry import IdTaken

ServicerT = TypeVar("ServicerT")
RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[ServicerT, RequestT, Context], Awaitable[ResponseT]]

log = logs.get("router.api")


def answering(handler: Handler[ServicerT, RequestT, ResponseT]) -> Handler[ServicerT, RequestT, ResponseT]:
    """Lets a handler raise typed errors, or the error of a call that it forwards."""

    @functools.wraps(handler)
    async def guarded(self: ServicerT, request: RequestT, context: Context) -> ResponseT:
        try:
            return await handler(self, request, context)
        except JanusError as error:
            await context.abort(_status(error), error.message)
        except grpc.aio.AioRpcError as error:
            await context.abort(error.code(), error.details() or "")
        except Exception:
            log.exception("call failed", call=handler.__qualname__)
            await context.abort(grpc.StatusCode.INTERNAL, "internal error; the router's log says more")

    return guarded


def _status(error: JanusError) -> grpc.StatusCode:
    return grpc.StatusCode.ALREADY_EXISTS if isinstance(error, IdTaken) else error.status.grpc
