"""Draws the pictures of the own items. The files are kept: a suite's digest must not hang on a library.

python -m janus_bench.quality.suites.public.draw
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Drawing = Callable[[], Image.Image]
Box = tuple[float, float, float, float]

_FOLDER = Path(__file__).parent / "assets"
_INK = (20, 20, 30)


def _page(width: int, height: int, colour: str = "white") -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (width, height), colour)
    return picture, ImageDraw.Draw(picture)


def _solid(width: int, height: int, colour: str) -> Drawing:
    return lambda: _page(width, height, colour)[0]


def _ellipse(box: Box, colour: str, size: tuple[int, int] = (128, 128), page: str = "white") -> Drawing:
    def draw() -> Image.Image:
        picture, pen = _page(*size, page)
        pen.ellipse(box, fill=colour)
        return picture

    return draw


def _polygon(points: Sequence[tuple[float, float]], colour: str) -> Drawing:
    def draw() -> Image.Image:
        picture, pen = _page(128, 128)
        pen.polygon(points, fill=colour)
        return picture

    return draw


def _halves(first: str, second: str, *, stacked: bool, side: int = 128) -> Drawing:
    """Two colours: one above the other, or side by side."""

    def draw() -> Image.Image:
        picture, pen = _page(side, side, second)
        pen.rectangle((0, 0, side, side // 2 - 1) if stacked else (0, 0, side // 2 - 1, side), fill=first)
        return picture

    return draw


def _dots(places: Sequence[tuple[int, int]], colour: str = "black") -> Drawing:
    def draw() -> Image.Image:
        picture, pen = _page(200, 140)
        for x, y in places:
            pen.ellipse((x - 11, y - 11, x + 11, y + 11), fill=colour)
        return picture

    return draw


def _squares(places: Sequence[tuple[int, int]]) -> Drawing:
    def draw() -> Image.Image:
        picture, pen = _page(220, 120)
        for x, y in places:
            pen.rectangle((x, y, x + 26, y + 26), fill="black")
        return picture

    return draw


def _text(lines: Sequence[str], size: int = 30, width: int = 320) -> Drawing:
    def draw() -> Image.Image:
        step = round(size * 1.5)
        picture, pen = _page(width, step * len(lines) + size)
        font = ImageFont.load_default(size)
        for row, line in enumerate(lines):
            pen.text((size, size // 2 + row * step), line, fill=_INK, font=font)
        return picture

    return draw


def _bars(heights: dict[str, int]) -> Drawing:
    """A bar chart with the name below each bar and its value above."""

    def draw() -> Image.Image:
        picture, pen = _page(80 * len(heights) + 40, 260)
        font = ImageFont.load_default(20)
        for column, (name, height) in enumerate(heights.items()):
            left = 40 + 80 * column
            pen.rectangle((left, 210 - height, left + 48, 210), fill=(60, 90, 160))
            pen.text((left + 24, 204 - height), str(height), fill=_INK, font=font, anchor="mb")
            pen.text((left + 24, 216), name, fill=_INK, font=font, anchor="mt")
        return picture

    return draw


def _arrow(*, to_the_left: bool) -> Drawing:
    def draw() -> Image.Image:
        picture, pen = _page(160, 100)
        pen.rectangle((40, 44, 120, 56), fill="black")
        tip, base = (15, 45) if to_the_left else (145, 115)
        pen.polygon([(tip, 50), (base, 25), (base, 75)], fill="black")
        return picture

    return draw


DRAWINGS: dict[str, Drawing] = {
    "arrow-left.png": _arrow(to_the_left=True),
    "arrow-right.png": _arrow(to_the_left=False),
    "bars-fruit.png": _bars({"apples": 60, "pears": 145, "plums": 95, "figs": 30}),
    "bars-rain.png": _bars({"May": 120, "June": 80, "July": 25, "Aug": 55}),
    "blue-over-yellow.png": _halves("blue", "yellow", stacked=True),
    "circle-red.png": _ellipse((24, 24, 104, 104), "red"),
    "circle-purple.png": _ellipse((24, 24, 104, 104), "purple"),
    "dots-three.png": _dots([(40, 40), (150, 60), (90, 105)]),
    "dots-four.png": _dots([(30, 30), (160, 30), (60, 100), (130, 95)]),
    "dots-six.png": _dots([(30, 35), (90, 30), (160, 40), (45, 100), (105, 95), (165, 105)]),
    "notice.png": _text(["LIBRARY CLOSED", "UNTIL MONDAY"], 30, 340),
    "out-blue-circle.png": _ellipse((28, 28, 99, 99), "blue"),
    "out-green.png": _solid(48, 48, "lime"),
    "out-halves.png": _halves("black", "white", stacked=False, side=100),
    "out-halves-swapped.png": _halves("white", "black", stacked=False, side=100),
    "out-red.png": _solid(64, 64, "red"),
    "out-red-large.png": _solid(65, 64, "red"),
    "receipt.png": _text(["Bread      3.20", "Cheese     9.75", "Olives     5.45", "TOTAL   18.40"], 26, 300),
    "sign-exit.png": _text(["EXIT 12"], 44, 260),
    "squares-five.png": _squares([(15, 15), (70, 60), (120, 20), (165, 75), (20, 80)]),
    "ticket.png": _text(["PLATFORM 6", "SEAT 31"], 32, 280),
    "triangle-green.png": _polygon([(64, 16), (112, 108), (16, 108)], "green"),
    "word-harbour.png": _text(["HARBOUR 47"], 40, 340),
    "yellow-over-blue.png": _halves("yellow", "blue", stacked=True),
}


def main() -> None:
    _FOLDER.mkdir(exist_ok=True)
    for name, draw in DRAWINGS.items():
        draw().save(_FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()
