"""The registry of competitors, as its file describes it: one reader for router, shim and command line.

    entries = registry.read(path, default_model)          # raises `RegistryInvalid`
    await registry.RegistryWatch(path, raw, ...).run()    # follows changes

Read in this order: `entry` (what may be said of a competitor), `names`, `file`, `watch`.
"""

from .entry import Entry, EntryInvalid, named, parse
from .file import RegistryInvalid, content, parse_file, read
from .names import Names
from .request_headers import MissingVariable, resolve_headers
from .watch import RegistryWatch

__all__ = [
    "Entry",
    "EntryInvalid",
    "MissingVariable",
    "Names",
    "RegistryInvalid",
    "RegistryWatch",
    "content",
    "named",
    "parse",
    "parse_file",
    "read",
    "resolve_headers",
]
