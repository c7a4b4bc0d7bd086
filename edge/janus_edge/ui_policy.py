"""The content security policy of a page: its own scripts by their hash, and nothing from elsewhere."""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)

# Diagrams are laid out with style elements that the renderer makes; a style can neither run nor, with the
# other rules here, call out.
_POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@lru_cache(maxsize=256)
def page_policy(page: Path, mtime_ns: int) -> str:
    """The policy for an HTML file; `mtime_ns` makes a rebuilt page another one."""
    del mtime_ns
    scripts = _INLINE_SCRIPT.findall(page.read_bytes())
    digests = dict.fromkeys(base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts)
    return _POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in digests)).replace(" ;", ";")
