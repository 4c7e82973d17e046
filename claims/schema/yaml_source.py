"""A YAML file with positions: plain data, and the line and column of every key and value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

from claims.schema.problems import ClaimFileError, Problem
from claims.schema.yaml_nodes import Node, NodeBuilder, control_character, plain_scalar

MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class Source:
    """A YAML file as read: its nodes and lines, and problems at a path of keys and indices."""

    path: Path
    lines: tuple[str, ...]
    root: Node

    def node(self, path: Sequence[str | int]) -> Node | None:
        """The node at a path, or None where the file has none."""
        node = self.root
        for step in path:
            if isinstance(node.value, dict) and str(step) in node.value:
                node = node.value[str(step)]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                return None
        return node

    def problem(
        self,
        path: Sequence[str | int],
        message: str,
        hint: str = "",
        *,
        key: bool = False,
        span: tuple[int, int] | None = None,
        about: str | None = None,
    ) -> Problem:
        """A problem at a path, or at the longest part of it that the file has; `key` marks the key
        instead of its value.

        `span`: which characters of the scalar are marked, where it is on one line without escapes.
        """
        path = list(path)
        while path and self.node(path) is None:
            path.pop()
            key, span = True, None
        node, parent = self.node(path) or self.root, self.node(path[:-1]) or self.root
        if (key or isinstance(node.value, dict)) and path and isinstance(parent.value, dict):
            line, column = parent.keys[str(path[-1])]
            return Problem(line, column, message, hint, len(str(path[-1])), about)
        if span is not None and (shift := self._shift(node)) is not None:
            return Problem(
                node.line,
                node.column + shift + span[0],
                message,
                hint,
                max(1, span[1] - span[0]),
                about,
            )
        return Problem(node.line, node.column, message, hint, node.length, about)

    def _shift(self, node: Node) -> int | None:
        """How many characters are before the scalar's text, or None where it is folded or
        escaped.
        """
        shift = 1 if node.style in ("'", '"') else 0
        start = node.column - 1 + shift
        line = self.lines[node.line - 1] if node.line <= len(self.lines) else ""
        return shift if line[start : start + len(node.raw)] == node.raw else None


def read(path: Path) -> Source:
    """The YAML file at a path. Raises `ClaimFileError`, with a place, for anything that is not one
    mapping of plain values.
    """
    text = _text(path)
    lines = tuple(text.splitlines())
    try:
        root = NodeBuilder(path, lines, text).build()
    except yaml.MarkedYAMLError as error:
        unclosed = error.context_mark is not None and "quoted scalar" in (error.context or "")
        mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ClaimFileError(
            path, [Problem(line, column, *_explain(error, lines, line, column))], lines
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ClaimFileError):
            raise
        raise ClaimFileError(path, [Problem(1, 1, f"this is not YAML: {error}")], lines) from None
    if not isinstance(root.value, dict):
        what = (
            "is empty"
            if root.value is None
            else f"holds a {'list' if isinstance(root.value, list) else 'plain value'}"
        )
        raise ClaimFileError(
            path,
            [
                Problem(
                    root.line,
                    root.column,
                    f"the file {what}; a claim file is a mapping",
                    "begin with `version: 1`, then `experiments:` and `claims:`",
                )
            ],
            lines,
        )
    return Source(path, lines, root)


def _text(path: Path) -> str:
    """The text of a file, or a `ClaimFileError` where it is none."""

    def fail(
        message: str, hint: str = "", line: int = 1, column: int = 1, lines: Sequence[str] = ()
    ) -> NoReturn:
        raise ClaimFileError(path, [Problem(line, column, message, hint)], lines) from None

    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        fail("there is no such file", "name another with --claims-file")
    except OSError as error:
        fail(f"the file cannot be read: {error.strerror}")
    if len(raw) > MAX_BYTES:
        fail(
            f"the file has {len(raw)} bytes; at most {MAX_BYTES} are read", "is this a claim file?"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", errors="replace")
        fail(
            f"byte 0x{raw[error.start]:02x} is not UTF-8 text",
            "save the file as UTF-8; is this a claim file?",
            before.count("\n") + 1,
            len(before) - (before.rfind("\n") + 1) + 1,
        )
    for position, character in enumerate(text):
        if (
            not character.isprintable()
            and character not in "\n\r\t\u00a0\u2028\u2029\u0085\ufeff"
            and ord(character) < 160
        ):
            line = text.count("\n", 0, position) + 1
            fail(
                f"a control character (U+{ord(character):04X}) stands here",
                "delete it; is this a claim file?",
                line,
                position - (text.rfind("\n", 0, position) + 1) + 1,
            )
    return text


def _explain(
    error: yaml.MarkedYAMLError, lines: Sequence[str], line: int, column: int
) -> tuple[str, str]:
    """The message and the hint for an error of the parser."""
    text = lines[line - 1] if line <= len(lines) else ""
    before = text[:column]
    if "\t" in before and not before.strip():
        return "a tab cannot indent YAML", "indent with spaces"
    complaint = error.problem or "this is not YAML"
    if "quoted scalar" in (error.context or "") and "end of stream" in complaint:
        return "this quote is never closed", "close it, or quote the text with the other kind"
    if "mapping values are not allowed" in complaint:
        return (
            "a second `: ` stands in one line",
            "quote the text, or indent the line as a key of its own",
        )
    if "expected <block end>" in complaint or "could not find expected ':'" in complaint:
        return (
            f"the indentation or a colon is wrong around here ({complaint})",
            "keys of one mapping start in one column and end with `: `",
        )
    if "cannot start any token" in complaint:
        return f"`{text[column - 1 : column] or '?'}` cannot begin a value", "quote the text"
    if "undefined alias" in complaint or "alias" in complaint or "anchor" in complaint:
        return (
            "a value that begins with `*` or `&` is an alias or an anchor to YAML",
            "quote the text",
        )
    return (
        f"this is not YAML: {' '.join(filter(None, (error.context, complaint)))}",
        "check quotes, brackets and indentation",
    )


__all__ = ["Node", "Source", "control_character", "plain_scalar", "read"]
