"""A picture in words."""

import base64
import binascii
import re

from janus_mesh.errors import InvalidRequest
from janus_platform.gate.errors import UpstreamFailed
from janus_platform.worker.client import Worker

_DATA_URL = re.compile(r"data:image/[a-z.+-]+;base64,([A-Za-z0-9+/=\s]+)")
_MOST_TEXT = 2_000


def picture_worker() -> Worker:
    """The process that looks; it loads for some seconds with the first picture."""
    return Worker("janus_platform.pictures.reader_process", seconds=60)


class PictureReader:
    """Describes pictures for a model that reads text alone."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def describe(self, url: str, place: str) -> str:
        """The picture of a `data:` URL in words. Raises `InvalidRequest`, which names `place`."""
        match = _DATA_URL.fullmatch(url)
        if match is None:
            raise InvalidRequest(
                f"{place}: the embedded model is given pictures as data:image/...;base64 URLs alone",
                param=place,
            )
        try:
            data = base64.b64decode(match[1], validate=False)
            seen, _ = await self._worker.ask({}, data)
        except binascii.Error:
            raise InvalidRequest(f"{place}: is not base64", param=place) from None
        except UpstreamFailed as error:
            raise InvalidRequest(f"{place}: cannot be read ({error.message})", param=place) from None
        colours = ", ".join(f"{colour} ({share:.0%})" for colour, share in seen["colours"])
        text = "\n".join(seen["lines"])[:_MOST_TEXT]
        words = f"The text in it reads:\n{text}" if text else "No text was found in it."
        return f"[A picture of {seen['width']} x {seen['height']} pixels. Main colours: {colours}. {words}]"
