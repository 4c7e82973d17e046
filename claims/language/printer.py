"""Nodes to text: parsing the text gives the same nodes again."""

from __future__ import annotations

from claims.language.nodes import (
    Approx,
    Binary,
    Call,
    Chain,
    Conjunction,
    Label,
    Mean,
    Negate,
    Node,
    Number,
    Select,
    scalar_text,
)

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}
_UNARY = 3
_ATOM = 4


def to_text(node: Node) -> str:
    """A node as it is written in a claim file."""
    match node:
        case Conjunction(parts):
            return " and ".join(to_text(part) for part in parts)
        case Chain(operands, operators):
            links = (
                f" {operator} {to_text(operand)}"
                for operator, operand in zip(operators, operands[1:], strict=True)
            )
            return to_text(operands[0]) + "".join(links)
        case Approx(left, right, within, factor):
            options = [
                f", {name}={value!r}"
                for name, value in (("within", within), ("factor", factor))
                if value is not None
            ]
            return f"approx({to_text(left)}, {to_text(right)}{''.join(options)})"
        case Binary(operator, left, right):
            own = _PRECEDENCE[operator]
            # The right side is bracketed at equal precedence too: a - (b - c) is not (a - b) - c.
            return f"{_bracketed(left, own)} {operator} {_bracketed(right, own + 1)}"
        case Negate(operand):
            return f"-{_bracketed(operand, _UNARY)}"
        case Call(function, operand):
            return f"{function}({to_text(operand)})"
        case Number(value):
            return repr(value)
        case Select(metric, labels, named):
            inside = [label_text(label) for label in labels] + [
                f"{name}={label_text(label)}" for name, label in named
            ]
            return f"{metric}({', '.join(inside)})" if inside else metric
        case Mean(term):
            return str(term)
    raise TypeError(f"no text for {type(node).__name__}")


def _bracketed(node: Node, least: int) -> str:
    text = to_text(node)
    return text if _precedence(node) >= least else f"({text})"


def _precedence(node: Node) -> int:
    match node:
        case Binary(operator):
            return _PRECEDENCE[operator]
        case Negate():
            return _UNARY
        case Number(value) if str(value).startswith("-"):
            return _UNARY
    return _ATOM


def label_text(label: Label) -> str:
    """A label of a selection as it is written: quoted where it was quoted."""
    return repr(label.value) if label.quoted else scalar_text(label.value)
