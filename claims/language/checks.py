"""Claims that can never be true, never be false or never be decided: errors, found before anything
is measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from claims.language.estimand import terms_of
from claims.language.nodes import Binary, Call, ExpressionError, Mean, Negate, Number, Value
from claims.language.printer import to_text

if TYPE_CHECKING:
    from claims.language.compiled import CompiledAtom

Interval = tuple[float, float]
EVERYTHING: Interval = (-math.inf, math.inf)


def check_atom(atom: CompiledAtom, ranges: Mapping[str, Interval]) -> None:
    """Raises `ExpressionError` where an atom holds, or fails, for every value that could be
    measured.

    ranges: lowest and highest value of each metric, where known.
    """
    low, high = bounds(atom.node, ranges)
    shown = f"`{atom.expression}`"
    if atom.lower <= low and atom.upper >= high:
        raise ExpressionError(
            f"{shown} can never be false: {_range_text(atom, low, high)}",
            atom.span,
            "choose limits inside that range",
        )
    if atom.lower >= high or atom.upper <= low:
        raise ExpressionError(
            f"{shown} can never be true: {_range_text(atom, low, high)}",
            atom.span,
            "choose limits inside that range",
        )
    for side in atom.positive:
        if bounds(side, ranges)[1] <= 0:
            raise ExpressionError(
                f"{shown} can never be decided: `{to_text(side)}` is never positive, and a "
                "ratio needs it to be",
                side.span,
                "compare the difference, with < or `within`",
            )
    _check_dependence(atom, shown)


def _range_text(atom: CompiledAtom, low: float, high: float) -> str:
    name = to_text(atom.node)
    quantity = f"`{name}`" if len(name) < 60 else "the quantity"
    if math.isinf(high):
        return f"{quantity} is at least {low:g} whatever is measured"
    if math.isinf(low):
        return f"{quantity} is at most {high:g} whatever is measured"
    return f"{quantity} lies between {low:g} and {high:g} whatever is measured"


def _check_dependence(atom: CompiledAtom, shown: str) -> None:
    """Raises where the quantity does not depend on what is measured, so that its gradient is zero
    everywhere: a - a, a / a, a against a + 1.
    """
    import numpy as np

    terms = terms_of(atom.node)
    rng = np.random.default_rng(0)
    means = np.concatenate(
        [rng.uniform(0.1, 0.9, (8, len(terms))), rng.normal(size=(8, len(terms)))]
    )
    value, gradient = atom.estimand(terms)(means)
    defined = np.isfinite(value) & np.isfinite(gradient).all(axis=-1)
    if not defined.any():
        raise ExpressionError(
            f"{shown} can never be decided: it is undefined for any measured values",
            atom.span,
            "logarithms and roots need positive quantities, divisors must not be zero",
        )
    if (np.abs(gradient[defined]) < 1e-9 * (1 + np.abs(value[defined, None]))).all():
        raise ExpressionError(
            f"{shown} compares a quantity with itself: it does not depend on what is measured",
            atom.span,
        )


def bounds(node: Value, ranges: Mapping[str, Interval]) -> Interval:
    """A range that holds the quantity, by interval arithmetic on the ranges of the measured
    metrics.
    """
    match node:
        case Number(value):
            return float(value), float(value)
        case Mean(term):
            return ranges.get(term.metric, EVERYTHING)
        case Negate(operand):
            low, high = bounds(operand, ranges)
            return -high, -low
        case Call(function, operand):
            return _function(function, *bounds(operand, ranges))
        case Binary(operator, left, right):
            return _arithmetic(operator, bounds(left, ranges), bounds(right, ranges))
    return EVERYTHING


def _function(name: str, low: float, high: float) -> Interval:
    if name == "abs":
        least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        return least, max(abs(low), abs(high))
    if high <= 0:
        return EVERYTHING
    if name == "sqrt":
        return math.sqrt(max(low, 0.0)), math.sqrt(high)
    return math.log(low) if low > 0 else -math.inf, math.log(high)


def _arithmetic(operator: str, left: Interval, right: Interval) -> Interval:
    (a, b), (c, d) = left, right
    if operator == "+":
        return a + c, b + d
    if operator == "-":
        return a - d, b - c
    if operator == "/":
        if c < 0 < d or c == d == 0:
            return EVERYTHING
        c, d = (1 / d if d else -math.inf), (1 / c if c else math.inf)
    # 0 times infinity is 0 here: an end of an open range is approached, never reached.
    corners = [0.0 if 0 in (x, y) else x * y for x in (a, b) for y in (c, d)]
    return min(corners), max(corners)
