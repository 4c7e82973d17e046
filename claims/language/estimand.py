"""Values and gradients of quantities over arrays of means, by forward-mode differentiation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claims.language.nodes import Binary, Call, Mean, Negate, Number, Term, Value, walk
from claims.language.printer import to_text

if TYPE_CHECKING:
    import numpy as np

    # A value (...,) and its partial derivatives (...,) by position of the term; one that is absent
    # is zero.
    Dual = tuple[np.ndarray, dict[int, np.ndarray]]


def terms_of(node: Value) -> tuple[Term, ...]:
    """The terms whose means a quantity holds, each once, in order of appearance."""
    return tuple(dict.fromkeys(part.term for part in walk(node) if isinstance(part, Mean)))


def denominators_of(node: Value) -> tuple[Value, ...]:
    """What a quantity divides by, where that holds a mean."""
    return tuple(
        part.right
        for part in walk(node)
        if isinstance(part, Binary) and part.operator == "/" and terms_of(part.right)
    )


def fraction_of(node: Value) -> tuple[Value, Value] | None:
    """Numerator and denominator of a quantity with divisions, over their common denominator; None
    where there is no division by a mean, or one that stays inside a function.
    """
    top, bottom = _common_fraction(node)
    inside_a_function = denominators_of(top) or denominators_of(bottom)
    return None if inside_a_function or not terms_of(bottom) else (top, bottom)


def _common_fraction(node: Value) -> tuple[Value, Value]:
    """Numerator and denominator (1 where there is no division)."""
    match node:
        case Negate(operand):
            top, bottom = _common_fraction(operand)
            return Negate(top), bottom
        case Binary(operator, left, right):
            (a, b), (c, d) = _common_fraction(left), _common_fraction(right)
            if operator == "*":
                return _times(a, c), _times(b, d)
            if operator == "/":
                return _times(a, d), _times(b, c)
            return (
                (Binary(operator, a, c), b)
                if b == d
                else (Binary(operator, _times(a, d), _times(c, b)), _times(b, d))
            )
    return node, Number(1)


def _times(left: Value, right: Value) -> Value:
    if left == Number(1):
        return right
    return left if right == Number(1) else Binary("*", left, right)


@dataclass(frozen=True)
class Estimand:
    """A smooth function of the term means: the value of one quantity and its gradient.

    terms: the order of the means' last axis; it may hold terms that `node` does not. Undefined
    values (division by zero, logarithm of a negative number) are nan or infinite, without a
    warning.
    """

    node: Value
    terms: tuple[Term, ...]

    def __call__(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Value (...,) and gradient (..., T) at `means` (..., T)."""
        import numpy as np

        means = np.asarray(means, dtype=float)
        index = {term: position for position, term in enumerate(self.terms)}
        with np.errstate(all="ignore"):
            value, partials = _evaluate(self.node, means, index)
        gradient = np.zeros(means.shape)
        for position, partial in partials.items():
            gradient[..., position] = partial
        return np.broadcast_to(value, means.shape[:-1]).copy()[()], gradient

    def __str__(self) -> str:
        return to_text(self.node)


def _evaluate(node: Value, means: np.ndarray, index: Mapping[Term, int]) -> Dual:
    import numpy as np

    match node:
        case Number(value):
            return np.asarray(float(value)), {}
        case Mean(term):
            return means[..., index[term]], {index[term]: np.ones(means.shape[:-1])}
        case Negate(operand):
            value, partials = _evaluate(operand, means, index)
            return -value, {term: -partial for term, partial in partials.items()}
        case Call(function, operand):
            value, partials = _evaluate(operand, means, index)
            value, slope = _function(function, value)
            return value, {term: slope * partial for term, partial in partials.items()}
        case Binary(operator, left, right):
            return _arithmetic(
                operator, _evaluate(left, means, index), _evaluate(right, means, index)
            )
    raise TypeError(f"{type(node).__name__} has no value")


def _function(name: str, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A function's value and its derivative at `value`."""
    import numpy as np

    if name == "log":
        return np.log(value), np.where(value > 0, 1 / value, np.nan)
    if name == "sqrt":
        root = np.sqrt(value)
        return root, 0.5 / root
    return np.abs(value), np.where(value == 0, np.nan, np.sign(value))  # abs has no slope at zero


def _arithmetic(operator: str, left: Dual, right: Dual) -> Dual:
    (a, by_a), (b, by_b) = left, right
    if operator == "+":
        return a + b, _sum(by_a, 1.0, by_b, 1.0)
    if operator == "-":
        return a - b, _sum(by_a, 1.0, by_b, -1.0)
    if operator == "*":
        return a * b, _sum(by_a, b, by_b, a)
    quotient = a / b
    return quotient, _sum(by_a, 1 / b, by_b, -quotient / b)


def _sum(
    by_a: dict[int, np.ndarray], scale_a, by_b: dict[int, np.ndarray], scale_b
) -> dict[int, np.ndarray]:
    total = {term: scale_a * partial for term, partial in by_a.items()}
    for term, partial in by_b.items():
        total[term] = total[term] + scale_b * partial if term in total else scale_b * partial
    return total


def constant(node: Value) -> float | None:
    """The value of a quantity that holds no mean; None for one that does."""
    import numpy as np

    if terms_of(node):
        return None
    return float(Estimand(node, ())(np.empty(0))[0])
