"""Syntax tree of a claim's expression: frozen nodes, compared by meaning and not by their place in
the text.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias, overload

Scalar: TypeAlias = str | int | float
FUNCTIONS = ("abs", "log", "sqrt")
RESERVED = frozenset(
    {
        *FUNCTIONS,
        "approx",
        "and",
        "or",
        "not",
        "in",
        "is",
        "if",
        "else",
        "lambda",
        "for",
        "True",
        "False",
        "None",
    }
)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of the text that was parsed."""

    start: int = 0
    end: int = 0


NOWHERE = Span()


class ExpressionError(ValueError):
    """The one error of the claim language: what is wrong, where in the text, and a remedy.

    span: the characters at fault. hint: the remedy, or "". variable, index: the `for_every`
    variable whose `index`-th value is at fault, where one is.
    """

    def __init__(
        self,
        message: str,
        span: Span = NOWHERE,
        hint: str = "",
        variable: str | None = None,
        index: int = 0,
    ):
        super().__init__(message)
        self.message, self.span, self.hint = message, span, hint
        self.variable, self.index = variable, index


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What was written in a text: `span` says where, and does not count when two are compared."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Label(Placed):
    """A label inside a selection. A quoted one is never taken for a `for_every` variable.

    variable, index: the `for_every` variable that gave the label, and the number of its value.
    """

    value: Scalar
    quoted: bool = False
    variable: str | None = field(default=None, compare=False, repr=False)
    index: int = field(default=0, compare=False, repr=False)


def scalar_text(value: Scalar) -> str:
    """A label as it must be written: bare where it is a name or a number, quoted otherwise."""
    if isinstance(value, str):
        bare = (
            value.isascii()
            and value.isidentifier()
            and not keyword.iskeyword(value)
            and value not in RESERVED
        )
        return value if bare else repr(value)
    return repr(value)


@dataclass(frozen=True, slots=True)
class Term:
    """One metric with a label for each of its dimensions: expressions are made of its mean over
    seeds.
    """

    metric: str
    labels: tuple[tuple[str, Scalar], ...] = ()

    def __str__(self) -> str:
        """The selection that names every dimension."""
        inside = ", ".join(f"{dimension}={scalar_text(label)}" for dimension, label in self.labels)
        return f"{self.metric}({inside})" if inside else self.metric


@dataclass(frozen=True, slots=True)
class Number(Placed):
    """A number as written."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Select(Placed):
    """`metric(label, dimension=label)` as written, before labels are looked up."""

    metric: str
    labels: tuple[Label, ...] = ()
    named: tuple[tuple[str, Label], ...] = ()


@dataclass(frozen=True, slots=True)
class Mean(Placed):
    """The mean over seeds of one term: a selection whose labels have been looked up."""

    term: Term


@dataclass(frozen=True, slots=True)
class Negate(Placed):
    """`-operand`."""

    operand: Value


@dataclass(frozen=True, slots=True)
class Call(Placed):
    """One of FUNCTIONS applied to a quantity."""

    function: str
    operand: Value


@dataclass(frozen=True, slots=True)
class Binary(Placed):
    """Two quantities joined by + - * or /."""

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Chain(Placed):
    """`a < b << c`: every neighbouring pair is claimed."""

    operands: tuple[Value, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approx(Placed):
    """`approx(left, right)`: equal up to a difference `within`, or up to a `factor`."""

    left: Value
    right: Value
    within: float | None = None
    factor: float | None = None


@dataclass(frozen=True, slots=True)
class Conjunction(Placed):
    """Comparisons joined by `and`."""

    parts: tuple[Chain | Approx, ...]


Value: TypeAlias = Number | Select | Mean | Negate | Call | Binary
Comparison: TypeAlias = Chain | Approx
Statement: TypeAlias = Chain | Approx | Conjunction
Node: TypeAlias = Value | Statement


@overload
def children(node: Value) -> tuple[Value, ...]: ...
@overload
def children(node: Node) -> tuple[Node, ...]: ...
def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one, from left to right."""
    match node:
        case Negate(operand) | Call(_, operand):
            return (operand,)
        case Binary(_, left, right) | Approx(left, right):
            return (left, right)
        case Chain(operands):
            return operands
        case Conjunction(parts):
            return parts
    return ()


@overload
def with_children(node: Value, new: tuple[Value, ...]) -> Value: ...
@overload
def with_children(node: Node, new: tuple[Node, ...]) -> Node: ...
def with_children(node: Node, new: tuple) -> Node:
    """The same node over other children, in the order in which `children` gives them."""
    match node:
        case Negate() | Call():
            return replace(node, operand=new[0])
        case Binary() | Approx():
            return replace(node, left=new[0], right=new[1])
        case Chain():
            return replace(node, operands=new)
        case Conjunction():
            return replace(node, parts=new)
    return node


@overload
def walk(node: Value) -> Iterator[Value]: ...
@overload
def walk(node: Node) -> Iterator[Node]: ...
def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def parts_of(statement: Statement) -> tuple[Comparison, ...]:
    """The comparisons that a statement joins by `and`; itself where it is one comparison."""
    return statement.parts if isinstance(statement, Conjunction) else (statement,)
