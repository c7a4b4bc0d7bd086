"""Pictures given to the embedded model: read by the real reader, put into words, and said to be."""

import base64
import io
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFont
from support.inference_platform import CHAT, events_in, health_of, platform_over, text_in

from janus_mesh.errors import InvalidRequest
from janus_platform.inference.embedded.model import EmbeddedModel
from janus_platform.inference.embedded.pictures import NOTICE, in_words
from janus_platform.inference.embedded.runtime import ModelRuntime
from janus_platform.pictures.reading import PictureReader, picture_worker

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLACE = "messages[0].content[1].image_url.url"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader() -> AsyncIterator[PictureReader]:
    async with picture_worker() as worker:
        yield PictureReader(worker)


def data_url(picture: Image.Image, form: str = "PNG") -> str:
    file = io.BytesIO()
    picture.save(file, form)
    return f"data:image/{form.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def bill() -> str:
    picture = Image.new("RGB", (640, 240), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((20, 40), "Invoice 4711", fill="black", font=ImageFont.load_default(48))
    draw.text((20, 130), "Total: 99.50 EUR", fill="red", font=ImageFont.load_default(48))
    return data_url(picture)


def asking(url: object, **fields: object) -> dict[str, object]:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    return {"model": "m", "messages": [{"role": "user", "content": parts}], **fields}


async def test_size_colours_and_text_are_told(reader: PictureReader) -> None:
    said = await reader.describe(bill(), PLACE)
    assert "640 x 240 pixels" in said
    assert "#ffffff" in said
    assert "Invoice 4711\nTotal: 99.50 EUR" in said


async def test_a_picture_without_text_is_said_to_have_none(reader: PictureReader) -> None:
    said = await reader.describe(data_url(Image.new("RGB", (50, 40), "#0000ff"), "JPEG"), PLACE)
    assert "50 x 40 pixels" in said
    assert "No text was found" in said


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "data:text/plain;base64,AA==",
        "data:image/png;base64,AA",
        "data:image/png;base64,AAAA",
        data_url(Image.new("1", (8000, 8000))),
    ],
    ids=["an address", "text", "no base64", "no picture", "too large"],
)
async def test_what_cannot_be_read_is_refused_with_its_place(reader: PictureReader, url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await reader.describe(url, PLACE)
    assert refused.value.param == PLACE


async def test_a_conversation_keeps_everything_but_its_pictures(reader: PictureReader) -> None:
    body = json.dumps(asking(bill(), seed=7)).encode()
    told, count = await in_words(body, reader)
    fields = json.loads(told)
    assert (count, fields["seed"]) == (1, 7)
    first, second = fields["messages"][0]["content"]
    assert first == {"type": "text", "text": "What is this?"}
    assert (second["type"], "4711" in second["text"]) == ("text", True)


@pytest.mark.parametrize(
    "body", [b"not json image_url", b'{"image_url": 1}', b'{"messages": [{"content": [{"image_url": 7}]}]}']
)
async def test_what_is_no_conversation_is_left_to_the_parser(reader: PictureReader, body: bytes) -> None:
    assert await in_words(body, reader) == (body, 0)


async def test_too_many_pictures_are_refused(reader: PictureReader) -> None:
    parts = [{"type": "image_url", "image_url": {"url": bill()}}] * 9
    body = json.dumps({"messages": [{"role": "user", "content": parts}]}).encode()
    with pytest.raises(InvalidRequest):
        await in_words(body, reader)


async def test_the_answer_says_that_the_model_did_not_see(reader: PictureReader) -> None:
    backend = EmbeddedModel(
        ModelRuntime(context=1024), queue=2, total_timeout=60, gap_timeout=60, pictures=reader
    )
    async with platform_over(backend) as client:
        await health_of(client, "ok")
        seen = await _text(client, asking(bill(), max_tokens=8, stream=True))
        plain = await _text(client, {**asking(bill(), max_tokens=8, stream=True), "messages": [_HELLO]})
        shaped = asking(bill(), max_tokens=8, stream=True, response_format={"type": "json_object"})
        assert NOTICE not in await _text(client, shaped)
    assert seen.startswith(NOTICE)
    assert NOTICE not in plain


_HELLO = {"role": "user", "content": "hello"}


async def _text(client: httpx.AsyncClient, asked: dict[str, object]) -> str:
    answer = await client.post(CHAT, json=asked)
    assert answer.status_code == 200, answer.text
    return text_in(events_in(answer.text))
