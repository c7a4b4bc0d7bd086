"""The chat stream over one `ChatService.Chat` call per exchange: the public, grpcurl-able form."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from janus_proto._gen.janus.chat.v1 import chat_pb2, chat_pb2_grpc, event_pb2, request_pb2

from . import logs
from .errors import CompetitorFailed, InvalidRequest, JanusError, from_grpc, trailer
from .exchange import Answer, Exchange, conduct
from .incoming import incoming_exchange
from .link.events import Said

# How long a caller may hold a call open before it says what it wants.
_REQUEST_SECONDS = 10.0
# Characters of a cancel's reason that are logged.
_MAX_REASON = 200

_CHAT = f"/{chat_pb2.DESCRIPTOR.services_by_name['ChatService'].full_name}/Chat"

log = logs.get("mesh.rpc")


class ChatServicer(chat_pb2_grpc.ChatServiceServicer):
    """Serves an `Answer` as `janus.chat.v1.ChatService`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def Chat(  # type: ignore[override]  # the stub types cover the sync and the async server at once
        self,
        request_iterator: AsyncIterator[chat_pb2.ChatServiceChatRequest],  # noqa: ARG002  # read from context
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> None:
        headers = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
        opening = await self._opening(context)
        transport = _ServerTransport(context, opening.credit)
        try:
            exchange = incoming_exchange(opening.request, transport, headers, context.time_remaining())
        except JanusError as refusal:
            await context.abort(refusal.status.grpc, refusal.message)
        error = await self._answered(exchange, transport, headers)
        if error is not None:
            context.set_code(error.status.grpc)
            context.set_details(error.message)

    async def _answered(
        self, exchange: Exchange, transport: "_ServerTransport", headers: Mapping[str, str]
    ) -> JanusError | None:
        """Conducts the answer while listening for credit and cancel."""
        task = asyncio.current_task()
        assert task is not None
        listener = asyncio.create_task(transport.listen(task))
        try:
            return await conduct(self._answer, exchange, headers)
        except asyncio.CancelledError:
            if not transport.cancel_received:
                raise
            task.uncancel()
            context = transport.context
            context.set_code(grpc.StatusCode.CANCELLED)
            context.set_details("cancelled by the caller")
            return None
        finally:
            listener.cancel()

    async def _opening(self, context: grpc.aio.ServicerContext[Any, Any]) -> chat_pb2.ChatServiceChatRequest:
        try:
            async with asyncio.timeout(_REQUEST_SECONDS):
                first = await context.read()
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the first frame never came")
        except DecodeError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first frame cannot be read")
        except InvalidRequest as error:  # too many fields, see `wire_bounds`
            await context.abort(error.status.grpc, error.message, trailer(error))
        if first is grpc.aio.EOF or first.WhichOneof("frame") != "request":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first frame must carry `request`")
        opening: chat_pb2.ChatServiceChatRequest = first
        return opening


class _ServerTransport:
    """One call's writing side, held back by credit once the caller has granted some."""

    def __init__(self, context: grpc.aio.ServicerContext[Any, Any], credit: int) -> None:
        self.context = context
        self.cancel_received = False
        self._seq = 0
        self._limited = credit > 0
        self._credit = credit
        self._granted = asyncio.Event()

    async def write(self, said: Said) -> None:
        event = event_pb2.ChatEvent(content=said) if isinstance(said, str) else said
        # An ending always gets through: it frees the caller, who may have nothing left to grant.
        if self._limited and not (event.HasField("finish") or event.HasField("error")):
            while self._credit <= 0:
                self._granted.clear()
                await self._granted.wait()
            self._credit -= 1
        seq, self._seq = self._seq, self._seq + 1
        try:
            await self.context.write(chat_pb2.ChatServiceChatResponse(seq=seq, event=event))
        except grpc.aio.InternalError:
            # A write that was under way when the caller left fails before gRPC cancels this task.
            raise asyncio.CancelledError from None

    def offer(self, event: Said) -> bool:  # noqa: ARG002  # a call's every write is waited for
        return False

    async def listen(self, answering: asyncio.Task[Any]) -> None:
        """Takes in the caller's later frames until it closes its half.

        A frame that cannot be read, or asks a second time, cancels the answer as a `cancel` does.
        """
        while True:
            try:
                frame = await self.context.read()
            except DecodeError:
                frame = chat_pb2.ChatServiceChatRequest(cancel=chat_pb2.Cancel(reason="unreadable frame"))
            except InvalidRequest as error:  # too many fields, see `wire_bounds`
                frame = chat_pb2.ChatServiceChatRequest(cancel=chat_pb2.Cancel(reason=error.message))
            if frame is grpc.aio.EOF:
                return
            if frame.WhichOneof("frame"):
                self.cancel_received = True
                reason = frame.cancel.reason[:_MAX_REASON] if frame.HasField("cancel") else "a second request"
                log.info("cancel", reason=reason)
                answering.cancel()
                return
            if frame.credit:
                self._credit += frame.credit
                self._granted.set()


class RpcTransport:
    """The caller's side of one call.

    To gRPC it is a call with one request message, closed at once: on the wire that is the same as the
    first frame of a stream. It spares a write, and it grants no credit, because grpc.aio turns a write
    that meets the call's end into an internal error that eats the events still unread. HTTP/2's own
    flow control bounds what is under way.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        request: request_pb2.ChatRequest,
        headers: Mapping[str, str],
        total: float | None,
    ) -> None:
        start = channel.unary_stream(
            _CHAT,
            request_serializer=chat_pb2.ChatServiceChatRequest.SerializeToString,
            response_deserializer=chat_pb2.ChatServiceChatResponse.FromString,
        )
        frame = chat_pb2.ChatServiceChatRequest(request=request)
        self._call: Any = start(frame, timeout=total, metadata=tuple(headers.items()))
        self._received = 0

    async def receive(self) -> list[event_pb2.ChatEvent]:
        try:
            frame = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise from_grpc(error) from None
        if frame is grpc.aio.EOF:
            return []
        if frame is None:  # how gRPC hands over a message that could not be parsed
            raise CompetitorFailed("the peer sent an event that cannot be read")
        # Foreign servers may leave the numbering out; who numbers must not skip.
        if frame.seq and frame.seq != self._received:
            raise CompetitorFailed(f"event {self._received} came as number {frame.seq}")
        self._received += 1
        return [frame.event]

    def cancel(self) -> None:
        self._call.cancel()
