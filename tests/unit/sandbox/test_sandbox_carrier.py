"""Connections carried between two sockets: every byte, in both directions, each ending once."""

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from janus_sandbox.inside.carrier import Carrier


class Carried:
    """Two ends that a carrier in a thread of its own connects."""

    def __init__(self) -> None:
        self.poll = select.poll()
        self.carrier = Carrier(self.poll)
        self.left, one = socket.socketpair()
        self.right, other = socket.socketpair()
        for end in (self.left, self.right):
            end.settimeout(5)
        self.carrier.add(one, other)
        self.thread = threading.Thread(target=self._turn)
        self.thread.start()

    def _turn(self) -> None:
        while self.carrier._ends:
            for fd, events in self.poll.poll():
                self.carrier.turn(fd, events)


@pytest.fixture
def carried() -> Iterator[Carried]:
    made = Carried()
    yield made
    made.left.close()
    made.right.close()
    made.thread.join(5)
    assert not made.thread.is_alive()


def everything(end: socket.socket) -> bytes:
    parts = []
    while data := end.recv(65_536):
        parts.append(data)
    return b"".join(parts)


def test_more_than_any_buffer_holds_comes_through_in_both_directions(carried: Carried) -> None:
    there, back = bytes(range(256)) * 8000, b"back" * 300_000
    sending = [
        threading.Thread(target=lambda end, data: (end.sendall(data), end.shutdown(1)), args=one)
        for one in ((carried.left, there), (carried.right, back))
    ]
    received: list[bytes] = []
    reading = threading.Thread(target=lambda: received.append(everything(carried.left)))
    for thread in (*sending, reading):
        thread.start()
    assert everything(carried.right) == there
    for thread in (*sending, reading):
        thread.join(5)
    assert received == [back]


def test_one_direction_may_end_before_the_other(carried: Carried) -> None:
    carried.left.sendall(b"asked")
    carried.left.shutdown(socket.SHUT_WR)
    assert everything(carried.right) == b"asked"
    carried.right.sendall(b"answered")
    carried.right.close()
    assert everything(carried.left) == b"answered"


def test_an_end_that_goes_away_takes_the_other_along(carried: Carried) -> None:
    carried.right.close()
    assert everything(carried.left) == b""
    with pytest.raises(OSError, match=r"pipe|reset"):
        carried.left.sendall(bytes(64 << 20))
