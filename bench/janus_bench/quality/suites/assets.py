"""Files beside a suite that its lines name: pictures to be sent, artifacts that prove a scorer."""

import base64
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SCHEME = "asset:"
_MOST_BYTES = 8 * 1024 * 1024


class Assets:
    """The folder `assets` beside a suite's files; nothing outside it can be named."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes:
        """Raises `ValueError` for a file that is not there, or not in the folder."""
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ValueError(f"the asset {name!r} lies outside the folder of assets")
        if not path.is_file():
            raise ValueError(f"there is no asset {name!r} in {self._folder}")
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"the asset {name!r} is larger than {_MOST_BYTES:,} bytes")
        return path.read_bytes()

    def resolved(self, value: Any) -> Any:
        """A part of a request with each `asset:NAME` as a data URL."""
        if isinstance(value, str):
            return self._data_url(value.removeprefix(_SCHEME)) if value.startswith(_SCHEME) else value
        if isinstance(value, Mapping):
            return {name: self.resolved(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.resolved(inner) for inner in value]
        return value

    def _data_url(self, name: str) -> str:
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return f"data:{mime};base64,{base64.b64encode(self.read(name)).decode('ascii')}"
