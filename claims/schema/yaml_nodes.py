"""The nodes of a YAML file, built from the parser's events, and how scalars are read.

No loader is used, so that no nesting is recursed into, no alias is followed and no tag builds an
object. Scalars follow YAML 1.2: 1e-3 is a number, `no` and 2026-03-25 are texts.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from claims.schema.problems import ClaimFileError, Problem

MAX_DEPTH = 12
MAX_NODES = 200_000
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NodeEvent = yaml.AliasEvent | yaml.ScalarEvent | yaml.CollectionStartEvent
NODE_EVENTS = (yaml.AliasEvent, yaml.ScalarEvent, yaml.CollectionStartEvent)
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
    """One YAML node. `value` is a scalar, a list of nodes or a dict of nodes; `keys` are the lines
    and columns of a mapping's keys.
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
        """The plain data of this node and all below it."""
        if isinstance(self.value, dict):
            return {key: child.data() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.data() for child in self.value]
        return self.value


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
    """The first character that controls a terminal or cannot be stored in a file, other than line
    ends and tabs; None where there is none.
    """
    return next(
        (c for c in text if c not in "\n\r\t" and unicodedata.category(c) in ("Cc", "Cs")), None
    )


class NodeBuilder:
    """Builds the nodes of one file. Anything but one document of plain values is a
    `ClaimFileError`, and so is a key that is written twice.
    """

    def __init__(self, path: Path, lines: tuple[str, ...], text: str):
        self.path, self.lines, self.text = path, lines, text
        self.n_events = 0
        self.duplicates: list[Problem] = []

    def _fail(self, mark: yaml.Mark, message: str, hint: str = "", length: int = 1) -> NoReturn:
        raise ClaimFileError(
            self.path,
            [*self.duplicates, Problem(mark.line + 1, mark.column + 1, message, hint, length)],
            self.lines,
        )

    def build(self) -> Node:
        """The root node. Raises `ClaimFileError`, or a `yaml.YAMLError` of the parser."""
        root: Node | None = None
        # open collections, each with the key that waits for its value
        stack: list[tuple[Node, list]] = []
        n_documents = 0
        for event in self._events():
            if isinstance(event, yaml.DocumentStartEvent):
                n_documents += 1
                if n_documents > 1:
                    self._fail(
                        event.start_mark,
                        "a second YAML document begins here",
                        "keep one document in a file: delete the `---`",
                    )
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, NODE_EVENTS):
                node = self._node(event)
                if stack:
                    self._add(stack[-1], node, event)
                else:
                    root = node
                if isinstance(event, yaml.CollectionStartEvent):
                    stack.append((node, []))
                    if len(stack) > MAX_DEPTH:
                        self._fail(
                            event.start_mark,
                            f"values are nested deeper than {MAX_DEPTH}",
                            "a claim file is never this deep",
                        )
        if self.duplicates:
            raise ClaimFileError(self.path, self.duplicates, self.lines)
        return root or Node(None, 1, 1)

    def _events(self) -> Iterator[yaml.Event]:
        for event in yaml.parse(self.text, Loader=_Loader):
            self.n_events += 1
            if self.n_events > MAX_NODES:
                self._fail(
                    event.start_mark,
                    f"the file holds more than {MAX_NODES} values",
                    "is this a claim file?",
                )
            yield event

    def _node(self, event: NodeEvent) -> Node:
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            self._fail(
                mark,
                f"`*{event.anchor}` is an alias, which claim files do not use",
                "write the value out, or use `like:` for experiments",
            )
        if event.anchor:
            self._fail(
                mark,
                f"`&{event.anchor}` is an anchor, which claim files do not use",
                "write the value out, or use `like:` for experiments",
            )
        if event.tag and event.tag != "!":
            self._fail(
                mark, f"the tag `{event.tag}` is not read", "write plain values", len(event.tag)
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar_node(event)
        value = {} if isinstance(event, yaml.MappingStartEvent) else []
        return Node(value, mark.line + 1, mark.column + 1, flow=bool(event.flow_style))

    def _scalar_node(self, event: yaml.ScalarEvent) -> Node:
        mark = event.start_mark
        # only escapes are left: `read` refuses control characters that are in the file as they are
        if (control := control_character(event.value)) is not None:
            self._fail(
                mark,
                f"this text holds a control character (U+{ord(control):04X}), written as an escape",
                "delete the escape",
            )
        one_line = mark.line == event.end_mark.line
        length = event.end_mark.column - mark.column if one_line else 1
        value = self._scalar(event) if event.implicit[0] else event.value
        return Node(value, mark.line + 1, mark.column + 1, max(1, length), event.value, event.style)

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        try:
            return plain_scalar(event.value)
        except ValueError as error:
            self._fail(event.start_mark, *error.args, length=len(event.value))

    def _add(self, top: tuple[Node, list], node: Node, event: NodeEvent) -> None:
        """Add a node to the open collection: an item, a key, or the value of the waiting key."""
        parent, waiting = top
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif waiting:
            key = waiting.pop()
            if key is not None:
                parent.value[key] = node
        elif not isinstance(event, yaml.ScalarEvent):
            self._fail(
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
