"""What a picture shows, as far as it can be counted: its format, its size and its colours."""

import io
import struct
import warnings
import zlib
from typing import Annotated, Final

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

_FORMATS: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
_MOST_PIXELS: Final = 16_000_000
# All that the decoders of these formats are known to raise for files that are broken, or made to break them.
_BROKEN: Final = (
    OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError, MemoryError,
    struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip

Channel = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Channel, Channel, Channel]


class ColourWish(BaseModel):
    """A colour that fills a share of the picture; each channel may differ by `tolerance`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rgb: Colour
    tolerance: int = Field(40, ge=0, le=255)
    min_share: float = Field(0.5, ge=0, le=1)
    max_share: float = Field(1.0, ge=0, le=1)


class PixelWish(BaseModel):
    """A place of the picture, as shares of its width and height, that has a colour."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: float = Field(ge=0, lt=1)
    y: float = Field(ge=0, lt=1)
    rgb: Colour
    tolerance: int = Field(40, ge=0, le=255)


class PictureWish(BaseModel):
    """What a picture must be; what is not said may be anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int | None = Field(None, ge=1)
    height: int | None = Field(None, ge=1)
    square: bool = False
    colours: tuple[ColourWish, ...] = ()
    pixels: tuple[PixelWish, ...] = ()


def picture_fault(content: bytes, mime_type: str, wish: PictureWish) -> str:
    """What is wrong with a picture; nothing is ''."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(_FORMATS)) as picture:
                return _fault(picture, mime_type, wish)
    except _BROKEN as error:
        return f"cannot be decoded ({type(error).__name__})"


def _fault(picture: Image.Image, mime_type: str, wish: PictureWish) -> str:
    width, height = picture.size
    actual = _FORMATS[picture.format or ""]
    if actual != mime_type.partition(";")[0].strip().lower():
        return f"claims to be {mime_type[:80]} and is {actual}"
    if width * height > _MOST_PIXELS:
        return f"has more than {_MOST_PIXELS:,} pixels"
    if (wish.width or width, wish.height or height) != (width, height) or (wish.square and width != height):
        return f"is {width} x {height} pixels"
    if not wish.colours and not wish.pixels:
        picture.load()  # a file that is cut off says so
        return ""
    return _colour_fault(_on_white(picture), wish)


def _on_white(picture: Image.Image) -> Image.Image:
    """As it looks on a page."""
    shown = picture.convert("RGBA")
    page = Image.new("RGBA", shown.size, "white")
    page.alpha_composite(shown)
    return page.convert("RGB")


def _colour_fault(picture: Image.Image, wish: PictureWish) -> str:
    for pixel in wish.pixels:
        at = (int(pixel.x * picture.width), int(pixel.y * picture.height))
        found = picture.getpixel(at)
        assert isinstance(found, tuple)
        if any(abs(a - b) > pixel.tolerance for a, b in zip(found, pixel.rgb, strict=True)):
            return f"at {pixel.x:.0%}, {pixel.y:.0%} it is {_hex(found)}, not {_hex(pixel.rgb)}"
    for colour in wish.colours:
        share = _share(picture, colour)
        if not colour.min_share <= share <= colour.max_share:
            return f"{_hex(colour.rgb)} fills {share:.0%} of it"
    return ""


def _share(picture: Image.Image, wish: ColourWish) -> float:
    """How much of a picture is near a colour; counted on a grid of at most 256 x 256 of its own pixels."""
    small = picture if max(picture.size) <= 256 else picture.resize((256, 256), Image.Resampling.NEAREST)
    counted = small.getcolors(maxcolors=small.width * small.height)
    assert counted is not None
    near = sum(
        count
        for count, rgb in counted
        if isinstance(rgb, tuple)
        and all(abs(a - b) <= wish.tolerance for a, b in zip(rgb, wish.rgb, strict=True))
    )
    return near / (small.width * small.height)


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour)
