"""Connections of a crowd are read in rounds, those of a few at once, and each to its end."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from support.certificates import self_signed
from support.competitor_scripts import tokens
from support.http_competitor import EVENT_STREAM, HttpCompetitor, Reply
from yarl import URL

from janus_shim.http import HttpClient
from janus_shim.http.rounds import Rounds

REQUEST = b'{"model": "m", "messages": [], "stream": true}'
# So long that no test sees the end of it.
REST = 3600.0
CROWD = 20


class Line:
    """A connection with its reader: what it was given, and its other end."""

    def __init__(self, rounds: Rounds) -> None:
        self.rounds = rounds
        self.own, self.peer = socket.socketpair()
        self.own.setblocking(False)
        self.heard: list[bytes] = []
        self.fate = ""
        self.on_read: Callable[[Line], None] | None = None
        rounds.join(self.own.fileno(), self)

    def data_received(self, data: bytes) -> None:
        self.heard.append(data)
        if self.on_read is not None:
            self.on_read(self)

    def ended(self) -> None:
        self._leave("ended")

    def abort(self) -> None:
        self._leave("aborted")

    def replace(self, own: socket.socket) -> None:
        """Reads this socket from now on."""
        self.rounds.leave(self.own.fileno())
        self.own.close()
        self.own = own
        self.rounds.join(own.fileno(), self)

    def _leave(self, fate: str) -> None:
        if not self.fate:
            self.fate = fate
            self.rounds.leave(self.own.fileno())

    def close(self) -> None:
        self._leave("closed")
        self.own.close()
        self.peer.close()


class Stage:
    """Rounds over lines whose clock the test holds."""

    def __init__(self, rest: float) -> None:
        self.now = 100.0
        self.rounds = Rounds(rest, clock=lambda: self.now)
        self.lines: list[Line] = []

    def line(self) -> Line:
        self.lines.append(Line(self.rounds))
        return self.lines[-1]

    async def crowd(self, size: int = CROWD) -> list[Line]:
        """Lines that have been seen to be many, so that a rest has begun."""
        lines = [self.line() for _ in range(size)]
        for _ in range(2):
            for line in lines:
                line.peer.send(b".")
            self.now += 3 * REST
            await turns()
        for line in lines:
            line.heard.clear()
        return lines

    def close(self) -> None:
        for line in self.lines:
            line.close()
        self.rounds.close()


async def turns() -> None:
    """Lets all be read that is not held back."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def resting() -> AsyncIterator[Stage]:
    """Its rest does not end while a test runs."""
    stage = Stage(REST)
    yield stage
    stage.close()


@pytest.fixture
def stages() -> Iterator[list[Stage]]:
    made: list[Stage] = []
    yield made
    for stage in made:
        stage.close()


async def test_a_few_are_read_at_once(resting: Stage) -> None:
    lines = await resting.crowd(5)
    for number in range(3):
        for line in lines:
            line.peer.send(b"%d" % number)
        await turns()
        assert [line.heard[-1] for line in lines] == [b"%d" % number] * 5


async def test_of_many_nobody_is_read_before_the_rest_is_over(resting: Stage) -> None:
    lines = await resting.crowd()
    lines[0].peer.send(b"a")
    await turns()
    assert lines[0].heard == []


async def test_no_rest_means_none(stages: list[Stage]) -> None:
    stages.append(Stage(0.0))
    lines = await stages[0].crowd()
    lines[0].peer.send(b"a")
    await turns()
    assert lines[0].heard == [b"a"]


async def test_what_came_during_a_rest_is_one_read(stages: list[Stage]) -> None:
    stages.append(Stage(0.02))
    lines = await stages[0].crowd()
    for piece in (b"a", b"b", b"c"):
        for line in lines:
            line.peer.send(piece)
    async with asyncio.timeout(5):
        while not all(line.heard for line in lines):
            await asyncio.sleep(0.01)
    assert [line.heard for line in lines] == [[b"abc"]] * CROWD


async def test_a_crowd_that_went_away_leaves_the_others_without_rest(stages: list[Stage]) -> None:
    stages.append(Stage(0.001))
    (last, *gone) = await stages[0].crowd()
    for line in gone:
        line.close()
    for piece in (b"a", b"b", b"c"):  # until the count is taken anew
        stages[0].now += 1
        last.peer.send(piece)
        await asyncio.sleep(0.005)
    last.peer.send(b"d")
    await turns()
    assert b"".join(last.heard) == b"abcd"


async def test_nobody_is_read_twice_before_all_had_their_turn(stages: list[Stage]) -> None:
    stages.append(Stage(0.001))
    lines = await stages[0].crowd(250)
    read: list[Line] = []

    def speak_again(line: Line) -> None:
        read.append(line)
        line.peer.send(b"b")

    for line in lines:
        line.on_read = speak_again
        line.peer.send(b"a")
    async with asyncio.timeout(5):
        while len(read) < 500:
            await asyncio.sleep(0.001)
    for line in lines:
        line.on_read = None
    assert len(set(read[:250])) == len(set(read[250:500])) == 250


async def test_a_flood_is_read_on_without_a_rest(resting: Stage) -> None:
    lines = [resting.line() for _ in range(CROWD)]
    for line in lines:
        line.peer.send(b".")
    await turns()
    resting.now += 3 * REST
    lines[0].peer.setblocking(False)
    sent = lines[0].peer.send(bytes(1_000_000))
    for line in lines[1:]:
        line.peer.send(b".")
    await turns()
    assert sent > 2 * 65536
    assert len(b"".join(lines[0].heard)) == sent + 1


@pytest.mark.parametrize("size", [3, CROWD])
async def test_the_end_of_one_is_told_and_the_others_are_read_on(stages: list[Stage], size: int) -> None:
    stages.append(Stage(0.001))
    ending, closing, *others = await stages[0].crowd(size)
    ending.peer.send(b"last")
    ending.peer.shutdown(socket.SHUT_WR)
    closing.peer.close()
    async with asyncio.timeout(5):
        while not (ending.fate and closing.fate):
            await asyncio.sleep(0.001)
    assert (ending.heard, ending.fate) == ([b"last"], "ended")
    for line in others:
        line.peer.send(b"a")
    async with asyncio.timeout(5):
        while not all(line.heard for line in others):
            await asyncio.sleep(0.001)


async def test_a_connection_that_was_reset_is_aborted(stages: list[Stage]) -> None:
    stages.append(Stage(0.001))
    line = stages[0].line()
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    near.setblocking(False)
    line.replace(near)
    far.close()
    await turns()
    assert line.fate == "aborted"


async def test_a_reader_that_fails_is_aborted_and_costs_the_others_nothing(resting: Stage) -> None:
    told: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    failing, other = resting.line(), resting.line()

    def fail(_: Line) -> None:
        raise ArithmeticError

    failing.on_read = fail
    for line in (failing, other):
        line.peer.send(b"a")
    await turns()
    assert (failing.fate, other.heard) == ("aborted", [b"a"])
    assert [type(context["exception"]) for context in told] == [ArithmeticError]


async def test_one_that_leaves_while_another_is_read_is_not_read(resting: Stage) -> None:
    pair = [resting.line(), resting.line()]
    for mine, other in (pair, reversed(pair)):
        mine.on_read = lambda _, other=other: other.abort()
        mine.peer.send(b"a")
    await turns()
    assert sorted(len(line.heard) for line in pair) == [0, 1]


async def test_an_idle_connection_is_its_transports_so_that_the_next_answer_begins_at_once(
    read_by: str,
) -> None:
    async with HttpCompetitor(tokens("Hello", " world")) as competitor, HttpClient(5.0, rest=0.001) as client:
        url = URL(competitor.url) / "v1/chat/completions"
        for _ in range(3):
            async with client.request("POST", url, {"content-type": "application/json"}, REQUEST) as call:
                assert await call.read_whole(10_000)
            assert client._rounds._readers == {}
        assert len(client._open) == 1


async def test_the_first_reads_of_an_answer_are_its_transports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rounds, "saw", lambda _, __: True)  # as among many
    said = asyncio.Semaphore(0)

    async def piecemeal(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)  # the first read; each piece is one more
        while True:
            await said.acquire()
            await reply.send(b"piece")

    async with HttpCompetitor(piecemeal) as competitor, HttpClient(5.0, rest=0.001) as client:
        url = URL(competitor.url) / "v1/chat/completions"
        async with client.request("POST", url, {}, REQUEST) as call:
            joined = []
            for _ in range(4):
                said.release()
                assert await call.read() == b"piece"
                joined.append(len(client._rounds._readers))
        assert joined == [0, 1, 1, 1]


async def test_what_comes_by_tls_is_read_by_its_transport(
    read_by: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path, "IP:127.0.0.1")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    script = tokens("Hello", " world", gap=0.02)
    async with HttpCompetitor(script, tls=server) as competitor, HttpClient(5.0, rest=0.001) as client:
        url = URL(competitor.url) / "v1/chat/completions"
        async with client.request("POST", url, {}, REQUEST) as call:
            body = b""
            while piece := await call.read():
                body += piece
                assert client._rounds._readers == {}
        assert b"Hello" in body
        assert b"[DONE]" in body
