"""Reads `competitors.yaml`: the whole file is valid, or it is refused with `file:line: reason`.

Every service that needs the file reads it here, so that all accept and refuse the same content.
"""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from janus_mesh.plain_text import clean

from .entry import Entry, EntryInvalid, Place, named, parse, unknown_key
from .names import Names
from .yaml_bounds import check_bounds

_TOP = "competitors"
# Far above any real registry; the parser is slow, and the file is read again at every change.
_LARGEST_FILE = 1024 * 1024
_MOST_ENTRIES = 1_000
_LONGEST_REASON = 500
# Besides its own errors, the YAML library lets these through for odd scalars, tags and keys.
_PARSER_FAULTS = (
    YAMLError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    RecursionError,
)


class RegistryInvalid(Exception):
    """The file cannot be used; the message says where and why. `line` is 0 when the file is unreadable."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        self.line = line
        self.reason = clean(reason, _LONGEST_REASON)
        super().__init__(f"{path}:{line}: {self.reason}")


def content(path: Path) -> bytes:
    """The file's bytes; raises `RegistryInvalid` when it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise RegistryInvalid(path, 0, f"cannot be read: {error.strerror}") from None
    if len(raw) > _LARGEST_FILE:
        raise RegistryInvalid(path, 0, f"is larger than {_LARGEST_FILE} bytes")
    return raw


def parse_file(raw: bytes, path: Path, default_model: str) -> tuple[Entry, ...]:
    """The entries of the file, in order.

    Args:
        raw: The file's content.
        path: Named in errors; the folder that relative `ca_file` paths begin at.
        default_model: The model id that stands for all competitors, which none may claim.

    Raises:
        RegistryInvalid: for the first fault found.
    """
    listed = _listed(_load(raw, path), path)
    names = Names(default_model)
    entries = []
    for position, item in enumerate(listed):
        try:
            entry = parse(item)
            names.add(entry)
        except EntryInvalid as error:
            place = (position, *error.place)
            reason = f"{_TOP}{named(place)}: {error.reason}"
            raise RegistryInvalid(path, _line(listed, place), reason) from None
        entries.append(_anchored(entry, path))
    return tuple(entries)


def read(path: Path, default_model: str) -> tuple[Entry, ...]:
    """`content` and `parse_file` in one step."""
    return parse_file(content(path), path, default_model)


def _anchored(entry: Entry, path: Path) -> Entry:
    """A relative CA file is beside the registry file, whatever folder the service runs in."""
    if entry.ca_file is None:
        return entry
    return entry.model_copy(update={"ca_file": str(path.absolute().parent / entry.ca_file)})


def _load(raw: bytes, path: Path) -> object:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RegistryInvalid(path, line, "is not UTF-8") from None
    try:
        check_bounds(text)
        document: object = YAML(typ="rt", pure=True).load(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RegistryInvalid(path, line, str(error.reason)) from None
    except MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        problem = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise RegistryInvalid(path, mark.line + 1 if mark else 1, problem) from None
    except _PARSER_FAULTS as error:
        raise RegistryInvalid(path, 1, f"is not YAML that can be read: {error}") from None
    return document


def _listed(document: object, path: Path) -> CommentedSeq:
    """The list of competitors.

    An empty list is valid: competitors may all come by registering. An empty file is not: it is what
    a file looks like while it is being written.
    """
    if not isinstance(document, CommentedMap):
        raise RegistryInvalid(path, 1, f"must be a mapping with the key `{_TOP}`")
    for key in document:
        if key != _TOP:
            reason = f"{clean(str(key), 100)}: {unknown_key(key, [_TOP])}"
            raise RegistryInvalid(path, _line(document, (key,)), reason)
    if _TOP not in document:
        raise RegistryInvalid(path, 1, f"must have the key `{_TOP}`")
    listed = document[_TOP]
    if not isinstance(listed, CommentedSeq):
        raise RegistryInvalid(path, _line(document, (_TOP,)), f"{_TOP}: must be a list")
    if len(listed) > _MOST_ENTRIES:
        line = _line(listed, (_MOST_ENTRIES,))
        raise RegistryInvalid(path, line, f"{_TOP}: must have at most {_MOST_ENTRIES} entries")
    return listed


def _line(node: object, place: Place) -> int:
    """The line, from 1, of the deepest part of `place` that is written in the file."""
    line: int = node.lc.line if isinstance(node, CommentedMap | CommentedSeq) else 0
    for part in place:
        if not isinstance(node, CommentedMap | CommentedSeq):
            break
        # A key that came by a merge, or that is missing, is not written here.
        position = (node.lc.data or {}).get(part)
        if position is None:
            break
        line, node = position[0], node[part]
    return line + 1
