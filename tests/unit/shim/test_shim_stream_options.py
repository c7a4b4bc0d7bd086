"""How long a container that refuses `stream_options` is asked without them."""

import pytest
from yarl import URL

from janus_shim.stream_options import StreamOptions, is_refusal


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


A, B = ("a", URL("http://a/")), ("b", URL("http://a/"))


def test_a_refusal_holds_for_its_container_and_for_ten_minutes() -> None:
    clock = Clock()
    options = StreamOptions(clock)
    options.note_refusal(*A)
    assert (options.taken_by(*A), options.taken_by(*B)) == (False, True)
    assert options.taken_by("a", URL("http://elsewhere/"))
    clock.now = 599.0
    assert not options.taken_by(*A)
    clock.now = 600.0
    assert options.taken_by(*A)


def test_only_so_many_refusals_are_remembered() -> None:
    options = StreamOptions(Clock())
    for number in range(2000):
        options.note_refusal(f"c{number}", URL("http://a/"))
    assert len(options._refused_until) == 1000
    assert not options.taken_by("c1999", URL("http://a/"))


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        (400, b'{"error": {"param": "stream_options"}}', True),
        (422, b"include_usage", True),
        (400, b"no", False),
        (500, b"stream_options", False),
        (429, b"stream_options", False),
    ],
)
def test_a_refusal_names_the_field_and_is_a_verdict(status: int, body: bytes, refusal: bool) -> None:
    assert is_refusal(status, body) is refusal
