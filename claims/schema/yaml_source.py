"""YAML with positions: plain data, and the line and column of every key and value.

Read from the parser's events rather than through a loader, so that no nesting is recursed into, no
alias is ever followed and no tag builds an object. Scalars follow YAML 1.2: 1e-3 is a number, `no`
and 2026-03-25 are texts.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from claims.schema.problems import ClaimFileError, Problem

MAX_BYTES = 2_000_000
MAX_DEPTH = 12
MAX_NODES = 200_000
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"[-+]?(?:\d+|(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)")
_WORDS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@dataclass
class Node:
    """One YAML node. `value` is a scalar, a list of nodes or a dict of nodes; `keys` are the marks
    of a mapping's keys.
    """

    value: Any
    line: int
    column: int
    length: int = 1
    raw: str = ""
    style: str | None = None
    flow: bool = False
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def data(self) -> Any:
        if isinstance(self.value, dict):
            return {key: child.data() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.data() for child in self.value]
        return self.value


@dataclass(frozen=True)
class Source:
    """A YAML file as read: `data()` for its content, `place()` for where a part of it stands."""

    path: Path
    lines: tuple[str, ...]
    root: Node

    def node(self, path: Sequence[str | int]) -> Node | None:
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
        """A problem at a path, or at the nearest part of it that the file has; `key` marks the key
        and not its value.

        `span` are characters of the scalar there, where it stands on one line as it is.
        """
        path = list(path)
        while path and self.node(path) is None:
            path.pop()
            key, span = True, None
        node, parent = self.node(path), self.node(path[:-1])
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
        """Where the scalar's text begins inside the line, or None where it is folded or escaped."""
        shift = 1 if node.style in ("'", '"') else 0
        start = node.column - 1 + shift
        line = self.lines[node.line - 1] if node.line <= len(self.lines) else ""
        return shift if line[start : start + len(node.raw)] == node.raw else None


def read(path: Path) -> Source:
    """Raises `ClaimFileError`, with a place, for anything that is not one plain YAML mapping."""
    text = _text(path)
    lines = tuple(text.splitlines())
    try:
        root = _Builder(path, lines, text).build()
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
    """The parser's complaint in the words of someone who edits the file."""
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


def plain_scalar(text: str) -> Any:
    """An unquoted scalar as YAML 1.2 reads it: a number, true, false, nothing, or the text
    itself.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INFINITE.fullmatch(text):
        raise ValueError(f"`{text}` is not a finite number")
    if not _NUMBER.fullmatch(text):
        return text
    if len(text) > 60 or not math.isfinite(float(text)):
        raise ValueError("this number is too large to be meant", "at most about 1e308")
    return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)


def control_character(text: str) -> str | None:
    """The first character that a terminal would obey rather than show, or that no file can hold;
    line ends and tabs are none.
    """
    return next(
        (c for c in text if c not in "\n\r\t" and unicodedata.category(c) in ("Cc", "Cs")), None
    )


class _Builder:
    """Builds nodes from the parser's events with a stack of its own."""

    def __init__(self, path: Path, lines: tuple[str, ...], text: str):
        self.path, self.lines, self.text = path, lines, text
        self.count = 0

    def fail(self, mark: yaml.Mark, message: str, hint: str = "", length: int = 1) -> NoReturn:
        raise ClaimFileError(
            self.path,
            [*self.duplicates, Problem(mark.line + 1, mark.column + 1, message, hint, length)],
            self.lines,
        )

    def build(self) -> Node:
        self.duplicates: list[Problem] = []
        root: Node | None = None
        stack: list[
            tuple[Node, list]
        ] = []  # an open collection, and the key that waits for its value
        documents = 0
        for event in self.events():
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.fail(
                        event.start_mark,
                        "a second YAML document begins here",
                        "keep one document in a file: delete the `---`",
                    )
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.NodeEvent):
                node = self.node(event)
                if stack:
                    self.place(stack[-1], node, event)
                else:
                    root = node
                if isinstance(event, yaml.CollectionStartEvent):
                    stack.append((node, []))
                    if len(stack) > MAX_DEPTH:
                        self.fail(
                            event.start_mark,
                            f"values are nested deeper than {MAX_DEPTH}",
                            "a claim file is never this deep",
                        )
        if self.duplicates:
            raise ClaimFileError(self.path, self.duplicates, self.lines)
        return root or Node(None, 1, 1)

    def events(self) -> Iterator[yaml.Event]:
        for event in yaml.parse(self.text, Loader=_Loader):
            self.count += 1
            if self.count > MAX_NODES:
                self.fail(
                    event.start_mark,
                    f"the file holds more than {MAX_NODES} values",
                    "is this a claim file?",
                )
            yield event

    def node(self, event: yaml.NodeEvent) -> Node:
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            self.fail(
                mark,
                f"`*{event.anchor}` is an alias, which claim files do not use",
                "write the value out, or use `like:` for experiments",
            )
        if event.anchor:
            self.fail(
                mark,
                f"`&{event.anchor}` is an anchor, which claim files do not use",
                "write the value out, or use `like:` for experiments",
            )
        if event.tag and event.tag != "!":
            self.fail(
                mark, f"the tag `{event.tag}` is not read", "write plain values", len(event.tag)
            )
        where = mark.line + 1, mark.column + 1
        if isinstance(event, yaml.MappingStartEvent):
            return Node({}, *where, flow=bool(event.flow_style))
        if isinstance(event, yaml.SequenceStartEvent):
            return Node([], *where, flow=bool(event.flow_style))
        if (
            control := control_character(event.value)
        ) is not None:  # `read` has refused those that stand in the file as they are
            self.fail(
                mark,
                f"this text holds a control character (U+{ord(control):04X}), written as an escape",
                "delete the escape",
            )
        one_line = event.start_mark.line == event.end_mark.line
        length = event.end_mark.column - mark.column if one_line else 1
        value = self.scalar(event) if event.implicit[0] else event.value
        return Node(value, *where, max(1, length), event.value, event.style)

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        try:
            return plain_scalar(event.value)
        except ValueError as error:
            self.fail(event.start_mark, *error.args, length=len(event.value))

    def place(self, top: tuple[Node, list], node: Node, event: yaml.NodeEvent) -> None:
        parent, waiting = top
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif waiting:
            key = waiting.pop()
            if key is not None:
                parent.value[key] = node
        elif not isinstance(event, yaml.ScalarEvent):
            self.fail(
                event.start_mark,
                "a list or a mapping cannot be a key",
                "quote the text if it begins with { or [",
            )
        elif node.raw in parent.value:
            first = parent.keys[node.raw][0]
            self.duplicates.append(
                Problem(
                    node.line,
                    node.column,
                    f"`{node.raw}` stands here for the second time; first on line {first}",
                    "rename or delete one",
                    node.length,
                )
            )
            waiting.append(None)
        else:
            parent.keys[node.raw] = (node.line, node.column)
            waiting.append(node.raw)
