"""Output that stalls must not stall who writes it."""

import os
import threading

import pytest

from janus_cli.screen import Screen, style_of


@pytest.fixture
def pipe():
    """A stream to write to, and its other end."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w") as writer:
        yield writer, reader


def test_texts_are_printed_in_order(pipe):
    writer, reader = pipe
    screen = Screen(writer)
    for number in range(3):
        screen.show(f"line {number}")
    screen.close()
    assert reader.read1() == b"line 0\nline 1\nline 2\n"


def test_a_reader_that_pauses_stalls_nobody_and_hears_what_it_missed(pipe):
    writer, reader = pipe
    screen = Screen(writer)
    for _ in range(30_000):
        screen.show("x" * 100)
    said = b""
    while b"lines not shown; .janus/logs has them)\n" not in said:
        screen.show("more")
        said += reader.read1(1_000_000)
    threading.Thread(target=reader.read, daemon=True).start()
    screen.close()


def test_a_reader_that_leaves_is_told_of(pipe):
    writer, reader = pipe
    gone = threading.Event()
    screen = Screen(writer, on_closed=gone.set)
    reader.close()
    screen.show("anybody?")
    assert gone.wait(10)
    screen.show("nobody")
    screen.close()


def test_colours_are_for_terminals_unless_told_otherwise(pipe):
    descriptor = pipe[0].fileno()
    assert not style_of(descriptor, {}).colour
    assert style_of(descriptor, {"FORCE_COLOR": "1"}).colour
    assert not style_of(descriptor, {"FORCE_COLOR": "1", "NO_COLOR": "1"}).colour
