"""Keys inserted or replaced in a claim file; every other byte is kept.

The places come from the YAML positions of the file as read, the new text is spliced in between
lines. A file takes the place of the old one only after it has been read back and checked.
"""

from __future__ import annotations

import io
import os
import shutil
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from claims.schema.loading import Reading, read_suite
from claims.schema.yaml_source import Node, Source

WIDTH = 140  # columns that a folded text takes at most
FOLDED = ("note", "says")  # keys whose long texts are folded


class EditError(ValueError):
    """A claim file that is written in a way that cannot be edited; one line names the place."""


def with_entry(text: str, source: Source, section: str, name: str, entry: Mapping[str, Any]) -> str:
    """`text` with an entry added behind the last one of a section, which is begun where missing.

    The entry is indented, and set off by a blank line, as those before it are.
    """
    mapping, (lines, newline) = source.node((section,)), _lines_of(text)
    at, head = len(lines), f"\n{section}:\n"
    if mapping is not None:
        if mapping.value is not None:
            _check_indented(source, (section,), mapping)
        at = _extent(source, (section,), lines)[1]
        head = "\n" if mapping.value and _is_spaced(source, section, mapping, lines) else ""
    outer, inner = _indentation(mapping)
    keys = (_key_line(key, value, inner) for key, value in entry.items())
    tail = "\n" if at < len(lines) and lines[at].strip() else ""
    block = "".join((head, _key_line(name, None, outer), *keys, tail))
    return _spliced(lines, newline, [(at, at, block)])


def with_keys(text: str, source: Source, path: Sequence[str], values: Mapping[str, Any]) -> str:
    """`text` with keys of the mapping at `path` set to `values`.

    A key that is missing is put beside the one that `values` names before it, else before the one
    that it names next, else behind the last.
    """
    mapping = source.node(path)
    if mapping is None:
        raise EditError(f"{source.path}: there is no `{path[-1]}` to edit")
    _check_indented(source, path, mapping)
    lines, newline = _lines_of(text)
    indent = min(column for _, column in mapping.keys.values()) - 1
    edits, previous = [], None
    for key, value in values.items():
        if key in mapping.keys:
            start, stop = _extent(source, (*path, key), lines)
        else:
            known = [other for other in values if other in mapping.keys]
            if previous is not None:
                start = previous
            elif known:
                start = _extent(source, (*path, known[0]), lines)[0]
            else:
                start = _extent(source, path, lines)[1]
            stop = start
        edits.append((start, stop, _key_line(key, value, indent)))
        previous = stop
    return _spliced(lines, newline, edits)


def replace_checked(path: Path, text: str, check: Callable[[Reading], None]) -> None:
    """Put `text` in the place of a claim file once `check` has let its reading pass.

    Written beside the file and renamed, so that it is there as a whole or not at all. Raises what
    `check` raises, or OSError, and leaves the file as it was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(text.encode("utf-8"))
        shutil.copymode(path, part)
        check(read_suite(part))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _lines_of(text: str) -> tuple[list[str], str]:
    """The lines with their ends, and how the file ends a line."""
    return text.splitlines(keepends=True), "\r\n" if "\r\n" in text else "\n"


def _check_indented(source: Source, path: Sequence[str], mapping: Node) -> None:
    if not isinstance(mapping.value, dict) or mapping.flow:
        raise EditError(
            f"{source.path}:{mapping.line}: `{path[-1]}` is not written as an indented mapping; "
            "write its keys one below the other"
        )


def _extent(source: Source, path: Sequence[str], lines: Sequence[str]) -> tuple[int, int]:
    """The lines of a key and its value, without the blank lines and comments before what follows.

    A comment indented further than the key belongs to its value.
    """
    line, column = _mark(source, path)
    start, stop = line - 1, len(lines)
    for depth in range(len(path)):
        enclosing = source.node(path[:depth])
        if enclosing is not None:
            following = (other - 1 for other, _ in enclosing.keys.values() if other > line)
            stop = min((stop, *following))
    while stop > start + 1 and _is_between(lines[stop - 1], column - 1):
        stop -= 1
    return start, stop


def _mark(source: Source, path: Sequence[str]) -> tuple[int, int]:
    parent = source.node(path[:-1])
    if parent is None:
        raise EditError(f"{source.path}: there is no `{path[-1]}` to edit")
    return parent.keys[path[-1]]


def _is_between(line: str, indent: int) -> bool:
    """Whether a line behind a value is blank, or a comment not indented beyond the value's key."""
    stripped = line.lstrip()
    return not stripped or (stripped.startswith("#") and len(line) - len(stripped) <= indent)


def _is_spaced(source: Source, section: str, mapping: Node, lines: Sequence[str]) -> bool:
    """Whether a blank line stands between the first two entries; with one entry there is to be."""
    first, *others = sorted(mapping.keys, key=mapping.keys.__getitem__)
    if not others:
        return True
    end = _extent(source, (section, first), lines)[1]
    return any(not line.strip() for line in lines[end : mapping.keys[others[0]][0] - 1])


def _indentation(mapping: Node | None) -> tuple[int, int]:
    """Columns before the names of entries, and before their keys: as the first of them are."""
    if mapping is None or not mapping.value:
        return 2, 4
    outer = min(column for _, column in mapping.keys.values()) - 1
    for entry in mapping.value.values():
        if entry.keys and not entry.flow:
            return outer, min(column for _, column in entry.keys.values()) - 1
    return outer, outer + 2


def _key_line(key: str, value: Any, indent: int) -> str:
    """A key and its value as YAML: lists and mappings in brackets, long prose folded."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    margin = " " * indent
    if key in FOLDED and isinstance(value, str) and len(value) > WIDTH - indent - len(key):
        body = textwrap.wrap(
            value, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False
        )
        if " ".join(body) == value:  # folding keeps single spaces and nothing else
            return f"{margin}{key}: >-\n" + "".join(f"{margin}  {line}\n" for line in body)
    yaml, stream = YAML(), io.StringIO()
    yaml.width = 4096
    yaml.dump(CommentedMap({key: _in_brackets(value)}), stream)
    return textwrap.indent(stream.getvalue(), margin)


def _in_brackets(value: Any) -> Any:
    """The value as ruamel.yaml is to write it: on one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, str) and len(value.splitlines()) > 1:
        return DoubleQuotedScalarString(value)
    if isinstance(value, dict):
        value = CommentedMap({key: _in_brackets(inner) for key, inner in value.items()})
    elif isinstance(value, list):
        value = CommentedSeq(_in_brackets(inner) for inner in value)
    if isinstance(value, (CommentedMap, CommentedSeq)):
        value.fa.set_flow_style()
    return value


def _spliced(lines: list[str], newline: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """The lines with each (start, stop, text) in place of lines[start:stop].

    Texts for one place keep their order.
    """
    lines = list(lines)
    order = sorted(range(len(edits)), key=lambda i: (*edits[i][:2], i), reverse=True)
    for start, stop, text in (edits[i] for i in order):
        if start and not lines[start - 1].endswith(("\n", "\r")):
            lines[start - 1] += newline
        lines[start:stop] = [text.replace("\r\n", "\n").replace("\n", newline)]
    return "".join(lines)
