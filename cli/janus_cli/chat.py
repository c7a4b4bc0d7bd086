"""`janus chat`: one question, or a conversation, over gRPC to the router or any other `ChatService`."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from janus_mesh import Peer, dial
from janus_mesh.errors import JanusError
from janus_proto._gen.janus.chat.v1 import request_pb2

from .chat_view import ChatView, JsonView, TextView
from .screen import discard

INTERRUPTED = 130
_READER_GONE = 141  # what a shell shows for SIGPIPE


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says about every question."""

    model: str = "janus"
    competitor: str = ""
    system: str = ""
    temperature: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    timeout: float = 300.0

    def request(self, turns: Sequence[request_pb2.Message]) -> request_pb2.ChatRequest:
        opening = [_message(request_pb2.ROLE_SYSTEM, self.system)] if self.system else []
        return request_pb2.ChatRequest(
            model=self.model,
            competitor_id=self.competitor,
            messages=[*opening, *turns],
            stream=True,
            temperature=self.temperature,
            seed=self.seed,
            max_tokens=self.max_tokens,
        )


def once(prompt: str, target: str, wishes: Wishes, *, as_json: bool) -> int:
    """Answers one question. 1 after an error, 130 after Ctrl-C."""
    view: ChatView = JsonView() if as_json else TextView()
    try:
        return asyncio.run(answered(prompt, target, wishes, view))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard(sys.stdout)
        return _READER_GONE


def conversation(target: str, wishes: Wishes) -> int:
    """Asks for questions until the end of input. Ctrl-C stops an answer, or leaves at the prompt."""
    import readline  # noqa: F401  # gives `input` editing and history

    print(f"Talking to {target}. Ctrl-C stops an answer, Ctrl-D leaves.")
    turns: list[request_pb2.Message] = []
    with asyncio.Runner() as runner:
        peer = runner.run(_dialled(target))
        try:
            while True:
                if prompt := input("\n> ").strip():
                    _turn(runner, peer, wishes, turns, prompt)
        except (EOFError, KeyboardInterrupt):
            print()
        finally:
            runner.run(peer.close())
    return 0


def _turn(
    runner: asyncio.Runner, peer: Peer, wishes: Wishes, turns: list[request_pb2.Message], prompt: str
) -> None:
    """Keeps question and answer when there was an answer."""
    view = TextView()
    question = _message(request_pb2.ROLE_USER, prompt)
    try:
        runner.run(_ask(peer, wishes, [*turns, question], view))
    except KeyboardInterrupt:
        view.interrupted()
    except JanusError as error:
        view.failed(error, peer.target)
    if view.answer:
        turns += [question, _message(request_pb2.ROLE_ASSISTANT, view.answer)]


async def answered(prompt: str, target: str, wishes: Wishes, view: ChatView) -> int:
    """Shows the answer to one question. 1 after an error; cancelling it cancels upstream."""
    async with dial(target) as peer:
        try:
            await _ask(peer, wishes, [_message(request_pb2.ROLE_USER, prompt)], view)
        except asyncio.CancelledError:
            view.interrupted()
            raise
        except JanusError as error:
            view.failed(error, peer.target)
            return 1
    return 0


async def _ask(peer: Peer, wishes: Wishes, turns: Sequence[request_pb2.Message], view: ChatView) -> None:
    view.asked()
    async with peer.chat(wishes.request(turns), deadline=wishes.timeout) as exchange:
        async for event in exchange:
            view.show(event)


async def _dialled(target: str) -> Peer:
    return dial(target)


def _message(role: "request_pb2.Role.ValueType", text: str) -> request_pb2.Message:
    return request_pb2.Message(role=role, text=text)
