"""`janus chat` without a question, on a terminal."""

import asyncio
import os
import pty
import sys

import pytest
from support.answers import ChatEvent, say

import janus_mesh as mesh


class Terminal:
    """A process on a terminal of its own: what it prints is awaited, what is typed is sent."""

    def __init__(self, fd):
        self._fd = fd
        self._said = ""
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(fd, self._read)

    def _read(self):
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # the other side is gone
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._fd)
        self._said += data.decode()
        self._more.set()

    async def sees(self, text):
        async with asyncio.timeout(20):
            while text not in self._said:
                self._more.clear()
                await self._more.wait()
        before, _, self._said = self._said.partition(text)
        return before

    def types(self, text):
        os.write(self._fd, text.encode())


@pytest.fixture
async def conversing():
    requests = []

    async def answer(exchange):
        requests.append(exchange.request)
        if exchange.request.messages[-1].text == "stall":
            await exchange.send(ChatEvent(content="well..."))
            await asyncio.Event().wait()
        await say(exchange, f"answer {len(requests)}")

    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    main, child = pty.openpty()
    async with server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "janus_cli", "chat", "--target", server.address),
            stdin=child,
            stdout=child,
            stderr=child,
            start_new_session=True,
            preexec_fn=None,
            env={**os.environ, "TERM": "dumb", "NO_COLOR": "1"},
        )
        os.close(child)
        yield Terminal(main), requests, process
        if process.returncode is None:
            process.kill()
            await process.wait()
    asyncio.get_running_loop().remove_reader(main)
    os.close(main)


async def test_a_conversation_remembers_what_was_said(conversing):
    terminal, requests, process = conversing
    await terminal.sees("> ")
    terminal.types("first\n")
    await terminal.sees("answer 1")
    await terminal.sees("> ")
    terminal.types("second\n")
    await terminal.sees("answer 2")
    await terminal.sees("> ")
    terminal.types("\x04")
    assert await process.wait() == 0
    assert [message.text for message in requests[1].messages] == ["first", "answer 1", "second"]


async def test_an_interrupted_answer_leaves_the_conversation_open(conversing):
    terminal, requests, process = conversing
    await terminal.sees("> ")
    terminal.types("stall\n")
    await terminal.sees("well...")
    process.send_signal(2)
    await terminal.sees("(stopped)")
    await terminal.sees("> ")
    terminal.types("again\n")
    await terminal.sees("answer 2")
    assert [message.text for message in requests[1].messages] == ["stall", "well...", "again"]
