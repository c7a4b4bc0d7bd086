"""Files that come with answers: what they claim, and what is in them."""

import hashlib
import io
from typing import Any

import pytest
from PIL import Image
from support.scoring import judged, value

from janus_bench.quality.task import Answer, ArtifactBytes


def bringing(
    content: bytes, mime: str = "text/plain", name: str = "a.txt", sha256: str | None = None
) -> Answer:
    digest = sha256 or hashlib.sha256(content).hexdigest()
    return Answer(artifacts=(ArtifactBytes(name=name, mime_type=mime, sha256=digest, content=content),))


def wanted(**fields: Any) -> dict[str, Any]:
    return {"kind": "artifact", **fields}


def picture(colour: str = "red", size: tuple[int, int] = (40, 20), form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


RED = {"rgb": [255, 0, 0], "min_share": 0.9}


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (wanted(mime_types=["text/csv"]), "is text/plain, not text/csv"),
        (wanted(name=r"\.csv$"), "its name does not match"),
        (wanted(sha256="0" * 64), "is not the wanted file"),
        (wanted(min_bytes=6), "has 5 bytes"),
        (wanted(max_bytes=4), "has 5 bytes"),
    ],
)
async def test_what_is_wrong_with_a_file_is_said(rule: dict[str, Any], fault: str) -> None:
    score = await judged(rule, bringing(b"hello"))
    assert score.value == 0
    assert fault in score.explanation


async def test_a_file_that_is_as_wanted_is_right() -> None:
    rule = wanted(mime_types=["text/plain"], name="^a", sha256=hashlib.sha256(b"hello").hexdigest())
    assert await value(rule, bringing(b"hello", "text/plain; charset=utf-8")) == 1


async def test_a_file_that_lies_about_its_hash_is_never_right() -> None:
    assert await value(wanted(), bringing(b"hello", sha256="0" * 64)) == 0


async def test_one_of_several_files_is_enough_but_a_flood_is_not() -> None:
    both = Answer(artifacts=bringing(b"no").artifacts + bringing(b"yes").artifacts)
    rule = wanted(text={"kind": "exact", "any_of": ["yes"]})
    assert await value(rule, both) == 1
    assert await value(rule, Answer(artifacts=both.artifacts * 5)) == 0


async def test_the_text_of_a_file_is_judged_by_a_rule_of_its_own() -> None:
    rule = wanted(text={"kind": "numeric", "value": 4})
    assert await value(rule, bringing("\ufeffIt is 4".encode())) == 1
    assert await value(rule, bringing(b"\xff\xfe\x00")) == 0


@pytest.mark.parametrize(
    ("image", "right"),
    [
        ({}, True),
        ({"width": 40, "height": 20}, True),
        ({"width": 41}, False),
        ({"square": True}, False),
        ({"colours": [RED]}, True),
        ({"colours": [{"rgb": [0, 0, 255]}]}, False),
        ({"colours": [{"rgb": [255, 0, 0], "min_share": 0, "max_share": 0.5}]}, False),
        ({"pixels": [{"x": 0.99, "y": 0, "rgb": [250, 9, 9]}]}, True),
        ({"pixels": [{"x": 0, "y": 0, "rgb": [0, 255, 0]}]}, False),
    ],
)
async def test_a_picture_is_looked_at(image: dict[str, Any], right: bool) -> None:
    assert await value(wanted(image=image), bringing(picture(), "image/png")) == float(right)


async def test_a_picture_is_of_the_type_that_it_claims() -> None:
    score = await judged(wanted(image={}), bringing(picture(form="JPEG"), "image/png"))
    assert "claims to be image/png and is image/jpeg" in score.explanation


async def test_what_shines_through_is_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(out, "PNG")
    white = {"colours": [{"rgb": [255, 255, 255], "min_share": 1}]}
    assert await value(wanted(image=white), bringing(out.getvalue(), "image/png")) == 1


def bomb() -> bytes:
    """A small file that says that it is a billion pixels."""
    honest = picture(size=(1, 1))
    return honest.replace((1).to_bytes(4) + (1).to_bytes(4), (40_000).to_bytes(4) * 2, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"no picture",
        picture()[:60],
        picture()[:-20],
        bomb(),
        b"GIF89a" + b"\xff" * 40,
    ],
    ids=["nothing", "signature", "text", "cut off", "without its end", "bomb", "garbage"],
)
async def test_a_broken_picture_is_just_wrong(content: bytes) -> None:
    for rule in (wanted(min_bytes=0, image={}), wanted(min_bytes=0, image={"colours": [RED]})):
        score = await judged(rule, bringing(content, "image/png"))
        assert score.value == 0 or content == picture()[:-20]  # what is cut off is the end mark alone
