"""The server: mock answers over HTTP and gRPC by the same scripts, from one event loop.

python -m janus_bench.quality.proof.server        prints both ports and serves until it is ended
"""

import asyncio
import signal
import sys

import uvloop

import janus_mesh as mesh
from janus_bench.mesh.mock import listen, port_of
from janus_bench.mesh.script import find
from janus_bench.mesh.wire import clock_us
from janus_mesh.errors import InvalidRequest
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb


async def answer(exchange: mesh.Exchange) -> None:
    """The script of the last message, as chat events on an absolute timetable."""
    script = find(exchange.request.messages[-1].text)
    if script is None:
        raise InvalidRequest("the prompt holds no script", param="messages")
    loop = asyncio.get_running_loop()
    await _until(loop.time() + script.head)
    await exchange.send(pb.ChatEvent(start=pb.AnswerStart(model="bench")))
    due = loop.time() + script.first
    for index in range(script.tokens):
        await _until(due + index * script.gap)
        await exchange.send(pb.ChatEvent(content=f"t{index:06d}@{clock_us():015d} "))
    usage = pb.Usage(prompt_tokens=8, completion_tokens=script.tokens, total_tokens=script.tokens + 8)
    await exchange.send(pb.ChatEvent(choice_finish=pb.ChoiceFinish(reason="stop")))
    await exchange.send(pb.ChatEvent(finish=pb.Finish(usage=usage)))


async def _until(due: float) -> None:
    left = due - asyncio.get_running_loop().time()
    if left > 0:
        await asyncio.sleep(left)


async def _serve() -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    http = await listen()
    mesh.logs.configure("proof", level="error", form="console")
    async with mesh.Server(port=0, drain_seconds=0.1) as grpc:
        grpc.serve_chat(answer)
        sys.stdout.write(f"{port_of(http)} {grpc.port}\n")
        sys.stdout.flush()
        await stop.wait()
    http.close()


if __name__ == "__main__":
    uvloop.run(_serve())
