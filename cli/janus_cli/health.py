"""Asks services how they are, over HTTP or gRPC, without ever raising: a reason is an answer too."""

import asyncio
from types import TracebackType
from typing import Any, Self

from .services import GrpcProbe, HttpProbe, Probe

_ANSWER_BYTES = 64 * 1024
_REASON_CHARACTERS = 200


class HealthChecks:
    """Checks probes, keeping one gRPC channel per address. Use as `async with`."""

    def __init__(self, timeout: float = 2.0) -> None:
        self._timeout = timeout
        self._channels: dict[str, Any] = {}

    async def check(self, probe: Probe) -> str:
        """Empty when healthy, else why not."""
        try:
            async with asyncio.timeout(self._timeout):
                if isinstance(probe, HttpProbe):
                    return await _check_http(probe)
                return await self._check_grpc(probe)
        except TimeoutError:
            return f"no answer from {probe.target} within {self._timeout:g} s"
        except OSError:
            return f"nothing listens on {probe.target}"

    async def _check_grpc(self, probe: GrpcProbe) -> str:
        # Late: 0.2 s that the supervisor spends while its services start, not before.
        import grpc
        from grpc_health.v1 import health_pb2, health_pb2_grpc

        channel = self._channels.get(probe.target)
        if channel is None:
            # A service that is starting is found within a tenth of a second of listening.
            options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200)]
            channel = self._channels[probe.target] = grpc.aio.insecure_channel(probe.target, options=options)
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                return f"nothing listens on {probe.target}"
            return f"{error.code().name}: {error.details()}"
        serving = health_pb2.HealthCheckResponse.ServingStatus
        return "" if answer.status == serving.SERVING else serving.Name(answer.status)

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _check_http(probe: HttpProbe) -> str:
    """One GET. HTTP/1.0 (RFC 1945), because its answer simply ends with the connection."""
    host, _, port = probe.target.rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        writer.write(f"GET {probe.path} HTTP/1.0\r\nHost: {probe.target}\r\n\r\n".encode("ascii"))
        answer = await _until_closed(reader)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(status) < 2 or not status[0].startswith("HTTP/"):
        return f"{probe.target} does not speak HTTP"
    if status[1] == "200":
        return ""
    said = " ".join(body.decode("utf-8", "replace").split())[:_REASON_CHARACTERS]
    return f"HTTP {status[1]} {said}".strip()


async def _until_closed(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    while len(answer) < _ANSWER_BYTES and (more := await reader.read(_ANSWER_BYTES)):
        answer += more
    return answer
