"""The pictures of the own items are those that the script draws."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from janus_bench.quality.suites.public import draw

ASSETS = Path(draw.__file__).parent / "assets"


@pytest.mark.parametrize("name", draw.DRAWINGS)
def test_a_kept_picture_is_what_is_drawn(name: str) -> None:
    with Image.open(ASSETS / name) as kept:
        drawn = draw.DRAWINGS[name]()
        assert kept.size == drawn.size
        # Letters may be smoothed a little differently by another version of the library.
        assert max(ImageStat.Stat(ImageChops.difference(kept.convert("RGB"), drawn)).mean) < 2


def test_every_kept_picture_is_drawn_and_small() -> None:
    assert {path.name for path in ASSETS.iterdir()} == set(draw.DRAWINGS)
    assert sum(path.stat().st_size for path in ASSETS.iterdir()) < 100_000
