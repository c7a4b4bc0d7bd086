"""The process that looks at pictures: `python -m janus_platform.pictures.reader_process`, a worker."""

import io
import logging
from functools import cache
from typing import Any

from janus_platform.worker.serving import serve

_MEMORY_BYTES = 6 * 1024 * 1024 * 1024  # addresses, of which onnxruntime maps many; it uses 0.5 GB
_MOST_PIXELS = 40_000_000
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
_LONGEST_SIDE = 1600  # reading takes time by area, and print is legible at this
_COLOURS = 4


@cache
def _ocr() -> Any:
    from rapidocr import RapidOCR  # seconds of loading, for the worker alone

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    threads = {"EngineConfig.onnxruntime.intra_op_num_threads": 2}
    return RapidOCR(params=threads)


def look(_: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Format, size in pixels, main colours (hex, and share of the area), and the lines of text."""
    import numpy as np
    from PIL import Image

    picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    width, height = picture.size
    if width * height > _MOST_PIXELS:
        raise ValueError(f"a picture of {width} x {height} pixels is too large")
    plain = picture.convert("RGB")
    colours = _colours(plain)
    plain.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    found = _ocr()(np.array(plain))
    said = {"format": picture.format, "width": width, "height": height, "colours": colours}
    return {**said, "lines": list(found.txts or ())}, b""


def _colours(picture: Any) -> list[list[Any]]:
    small = picture.resize((64, 64)).quantize(_COLOURS)
    palette = small.getpalette()
    counted = sorted(small.getcolors(), reverse=True)
    return [
        ["#{:02x}{:02x}{:02x}".format(*palette[3 * index : 3 * index + 3]), round(count / 4096, 2)]
        for count, index in counted
    ]


if __name__ == "__main__":
    serve(look, memory_bytes=_MEMORY_BYTES)
