"""An artifact's own address in an answer's text becomes the gateway's, however the text is cut."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.answers import ChatEvent

from janus_edge.answer_json import Identity
from janus_edge.chunks import ChunkWriter
from janus_edge.content_links import ContentLinks
from janus_proto._gen.janus.chat.v1 import event_pb2

SOURCE, TARGET = "http://c:80/artifacts/artf_1", "/v1/artifacts/signed"


def links(source: str = SOURCE) -> ContentLinks:
    made = ContentLinks()
    made.announce(source, TARGET)
    return made


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"[f]({SOURCE})", f"[f]({TARGET})"),
        (f"![f]({SOURCE} 'title')", f"![f]({TARGET} 'title')"),
        (f"[f](<{SOURCE}>)", f"[f](<{TARGET}>)"),
        (f"[f]: {SOURCE}", f"[f]: {TARGET}"),
        (f"<{SOURCE}> and {SOURCE}.", f"<{TARGET}> and {TARGET}."),
        (f"[f]({SOURCE}2)", f"[f]({SOURCE}2)"),
        (f"[f]({SOURCE}/more)", f"[f]({SOURCE}/more)"),
        ("[f](http://elsewhere/)", "[f](http://elsewhere/)"),
    ],
)
def test_the_address_is_replaced_where_it_ends(text: str, wanted: str) -> None:
    assert links().whole(text) == wanted


def test_a_path_is_replaced_as_the_target_of_a_link_alone() -> None:
    made = links("/files/f.csv")
    assert made.whole("[f](/files/f.csv), once /files/f.csv") == f"[f]({TARGET}), once /files/f.csv"


def test_the_longer_of_two_addresses_wins() -> None:
    made = links("http://c/a")
    made.announce("http://c/a.csv", "/other")
    assert made.whole("(http://c/a.csv)") == "(/other)"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_pieces_say_together_what_the_whole_says(size: int) -> None:
    text = f"see [f]({SOURCE}) and [g]({SOURCE}2), http://c:80/ or h"
    made = links()
    said = [made.piece(0, text[start : start + size]) for start in range(0, len(text), size)]
    assert "".join(said) + made.rest(0) == made.whole(text)


def test_text_that_can_be_no_address_does_not_wait() -> None:
    assert links().piece(0, "hello") == "hello"


def test_choices_wait_each_for_itself() -> None:
    made = links()
    assert (made.piece(0, SOURCE[:8]), made.piece(1, "x")) == ("", "x")
    assert made.rest(0) == SOURCE[:8]
    assert made.rest(1) == ""


def streamed(*events: event_pb2.ChatEvent | str) -> list[dict[str, object]]:
    """The deltas that a stream's writer makes of these."""
    writer = ChunkWriter(
        Identity("chatcmpl-1", 0, "m"), include_usage=False, artifact_url=lambda artifact: TARGET
    )
    text = b"".join(map(writer.write, events)).decode()
    return [json.loads(part[6:])["choices"][0]["delta"] for part in text.split("\n\n") if part]


ARTIFACT = ChatEvent(artifact=event_pb2.Artifact(id="artf_1", url=SOURCE))
STOP = ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop"))


@pytest.mark.parametrize("plain", [False, True], ids=["event", "text"])
def test_a_stream_links_to_what_it_announced(plain: bool) -> None:
    pieces = ["[f](http://c:8", "0/artifacts/artf_1", ")"]
    said = streamed(ARTIFACT, *(piece if plain else ChatEvent(content=piece) for piece in pieces), STOP)
    assert "".join(str(delta.get("content", "")) for delta in said) == f"[f]({TARGET})"


def test_what_waits_is_said_before_the_end() -> None:
    *_, text, end = streamed(ARTIFACT, ChatEvent(content="done: http://c"), STOP)
    assert (text, end) == ({"content": "http://c"}, {})


def test_text_before_the_first_artifact_is_left_alone() -> None:
    assert streamed(ChatEvent(content=SOURCE))[0]["content"] == SOURCE


# What a hostile text or address costs.


def test_an_address_that_begins_another_is_found_behind_it() -> None:
    made = ContentLinks()
    for number in range(64):
        made.announce(f"http://c/artifacts/{'x' * (number + 1)}", f"/{number}")
    text = "http://c/artifacts/" + "x" * 40
    assert made.whole(text) == "/39"
    assert made.whole(text + "-") == text + "-"


def test_addresses_beyond_the_limits_stay_as_they_are() -> None:
    made = ContentLinks()
    for number in range(100):
        made.announce(f"http://c/{number}", f"/{number}")
    made.announce("http://c/" + "x" * 3000, "/long")
    assert made.whole("http://c/63 http://c/64") == "/63 http://c/64"
    assert made.whole("http://c/" + "x" * 3000) == "http://c/" + "x" * 3000


@given(st.data())
def test_however_a_text_is_cut_its_pieces_say_what_the_whole_says(data: st.DataObject) -> None:
    words = [
        "http://",
        "https://",
        "](",
        "h",
        "c/a",
        "c/artifacts/a",
        "/v1/artifacts/",
        "a",
        "]",
        " ",
        ".",
        "x",
    ]
    text_of = st.lists(st.sampled_from(words), max_size=12).map("".join)
    made = ContentLinks()
    for source in data.draw(st.lists(text_of.filter(bool), max_size=6)):
        made.announce(source, f"<{len(source)}>")
    pieces = data.draw(st.lists(text_of, max_size=8))
    said = "".join(made.piece(0, piece) for piece in pieces) + made.rest(0)
    assert said == made.whole("".join(pieces))


def test_a_piece_holds_back_no_more_than_the_longest_address() -> None:
    source = "http://h/artifacts/" * 100
    made = links(source)
    for _ in range(300):
        made.piece(0, "http://h/artifacts/")
    assert len(made.rest(0)) <= len(source)


@pytest.mark.parametrize("unit", ["http://", "](", "http://h/v1/artifacts/", "h", "]"])
@pytest.mark.parametrize("size", [3, 200_000])
def test_a_text_full_of_beginnings_costs_little(unit: str, size: int) -> None:
    made = ContentLinks()
    for number in range(64):
        made.announce(("http://h/v1/artifacts/" * 92)[:2040] + str(number), TARGET)
    text = (unit * 200_000)[:200_000]
    began = time.process_time()
    for start in range(0, len(text), size):
        made.piece(0, text[start : start + size])
    assert time.process_time() - began < 5.0


def test_announcing_is_cheap() -> None:
    made = ContentLinks()
    began = time.process_time()
    for number in range(5000):
        made.announce("http://h/v1/artifacts/" + "x" * 2000 + str(number), TARGET)
    assert time.process_time() - began < 2.0
