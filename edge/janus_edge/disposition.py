"""Content-Disposition for a name that a stranger chose (RFC 6266)."""

import re
import unicodedata
from urllib.parse import quote

# Images that cannot carry script. SVG can.
_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_FALLBACK_NAME = "artifact"


def media_type(given: str) -> str:
    """The media type without parameters; what is none becomes plain bytes."""
    plain = given.partition(";")[0].strip().lower()
    return plain if _MEDIA_TYPE.fullmatch(plain) else "application/octet-stream"


def content_disposition(display_name: str, plain_media_type: str) -> str:
    """`inline` for safe images, else `attachment`, with the name in both of its forms."""
    kind = "inline" if plain_media_type in _INLINE else "attachment"
    name = file_name(display_name)
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip()
    if not ascii_name or ascii_name.startswith("."):
        ascii_name = _FALLBACK_NAME + ascii_name
    value = f'{kind}; filename="{ascii_name}"'
    if ascii_name != name:
        value += f"; filename*=UTF-8''{quote(name, safe='')}"
    return value


def file_name(display_name: str) -> str:
    """A name that is safe to save under: no path, no control or formatting characters, no quotes."""
    last = re.split(r"[/\\]", display_name)[-1]
    visible = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    return re.sub(r'["<>:|?*;%]', "_", visible).strip(" .")[:150] or _FALLBACK_NAME
