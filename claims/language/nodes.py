"""What a claim's expression is made of: frozen values, compared by meaning and never by where they
stand in the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

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


class ExpressionError(ValueError):
    """The one error of the claim language: what is wrong, where in the text, and what would be
    right.

    `variable` names the `for_every` variable whose `index`-th value is to blame, where one is.
    """

    def __init__(
        self,
        message: str,
        span: Span = Span(),
        hint: str = "",
        variable: str | None = None,
        index: int = 0,
    ):
        super().__init__(message)
        self.message, self.span, self.hint = message, span, hint
        self.variable, self.index = variable, index


def _span() -> Span:
    return field(default=Span(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Label:
    """A label inside a selection. A quoted one is never taken for a `for_every` variable."""

    value: Scalar
    quoted: bool = False
    span: Span = _span()
    variable: str | None = field(default=None, compare=False, repr=False)
    index: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Term:
    """One cell of the observations, fully selected: its mean over seeds is what expressions are
    made of.
    """

    metric: str
    labels: tuple[tuple[str, Scalar], ...] = ()

    def __str__(self) -> str:
        from claims.language.printer import term_text

        return term_text(self)


@dataclass(frozen=True, slots=True)
class Number:
    value: int | float
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Select:
    """`metric(label, dimension=label)` as written, before labels are looked up."""

    metric: str
    labels: tuple[Label, ...] = ()
    named: tuple[tuple[str, Label], ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Mean:
    """A selection after its labels are looked up."""

    term: Term
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Value
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    operand: Value
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Value
    right: Value
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Chain:
    """`a < b << c`: every neighbouring pair is claimed."""

    operands: tuple[Value, ...]
    operators: tuple[str, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Approx:
    left: Value
    right: Value
    within: float | None = None
    factor: float | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Conjunction:
    parts: tuple[Chain | Approx, ...]
    span: Span = _span()


Value: TypeAlias = Number | Select | Mean | Negate | Call | Binary
Statement: TypeAlias = Chain | Approx | Conjunction
Node: TypeAlias = Value | Statement


def children(node: Node) -> tuple[Node, ...]:
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


def with_children(node: Node, new: tuple[Node, ...]) -> Node:
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


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from walk(child)


def parts_of(statement: Statement) -> tuple[Chain | Approx, ...]:
    return statement.parts if isinstance(statement, Conjunction) else (statement,)
