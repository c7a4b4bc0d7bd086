"""Reads `competitors.yaml`: the whole file is valid, or it is refused with `file:line: reason`."""

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from .entry import Entry, EntryInvalid, Names, Place, named, parse, unknown_key

_TOP = "competitors"


class RegistryInvalid(Exception):
    """The file cannot be used; says where and why."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.line = line
        self.reason = reason


def content(path: Path) -> bytes:
    """The file's bytes; raises `RegistryInvalid` when there are none to be had."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RegistryInvalid(path, 0, f"cannot be read: {error.strerror}") from None


def parse_file(raw: bytes, path: Path, default_model: str) -> tuple[Entry, ...]:
    """The entries in order; raises `RegistryInvalid`. `path` only stands in the error."""
    listed = _listed(_load(raw, path), path)
    names = Names(default_model)
    entries = []
    for position, item in enumerate(listed):
        try:
            entry = parse(item)
            names.add(entry)
        except EntryInvalid as error:
            place = (position, *error.place)
            raise RegistryInvalid(
                path, _line(listed, place), f"{_TOP}{named(place)}: {error.reason}"
            ) from None
        entries.append(entry)
    return tuple(entries)


def _load(raw: bytes, path: Path) -> object:
    try:
        text = raw.decode()
        return YAML(typ="rt").load(text)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RegistryInvalid(path, line, "is not UTF-8") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RegistryInvalid(path, line, str(error.reason)) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise RegistryInvalid(path, mark.line + 1 if mark else 1, problem) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise RegistryInvalid(path, 1, f"is no YAML that can be read: {error}") from None


def _listed(document: object, path: Path) -> CommentedSeq:
    """The list of competitors.

    An empty list is valid: competitors may all come by registering. An empty file is not: it is what
    a file looks like while it is being written.
    """
    if not isinstance(document, CommentedMap):
        raise RegistryInvalid(path, 1, f"must be a mapping with the key `{_TOP}`")
    for key in document:
        if key != _TOP:
            raise RegistryInvalid(path, _line(document, (key,)), f"{key}: {unknown_key(key, [_TOP])}")
    if _TOP not in document:
        raise RegistryInvalid(path, 1, f"must have the key `{_TOP}`")
    listed = document[_TOP]
    if not isinstance(listed, CommentedSeq):
        raise RegistryInvalid(path, _line(document, (_TOP,)), f"{_TOP}: must be a list")
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
