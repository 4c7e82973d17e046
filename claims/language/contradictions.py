"""Parts of a claim that exclude each other, found before anything is measured: a < b < c < a, or
a > b and 2 * a < 2 * b.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from claims.language.estimand import constant, terms_of
from claims.language.nodes import Binary, Call, ExpressionError, Negate, Number, Span, Value

if TYPE_CHECKING:
    from claims.language.compiled import CompiledAtom

ZERO = "zero"  # the other side of a quantity that is compared with a number
MAX_SHOWN = 5  # parts of a contradiction that its message names
DIGITS = 12  # to which factors are taken to be equal: 0.1 * 3 and 0.3


@dataclass(frozen=True)
class _Bound:
    """`left - right < limit`, as one of the claim's parts says."""

    left: Hashable
    right: Hashable
    limit: Fraction
    text: str


def check_together(atoms: Sequence[CompiledAtom], span: Span) -> None:
    """Raises `ExpressionError` where no values make all atoms true. It sees quantities compared
    with each other or with numbers, up to a common factor.
    """
    number: dict[Hashable, int] = {}
    numbered = (
        replace(
            bound,
            left=number.setdefault(bound.left, len(number)),
            right=number.setdefault(bound.right, len(number)),
        )
        for atom in atoms
        for bound in _bounds_of(atom)
    )
    if cycle := _impossible_cycle(_possibly_in_cycles(list(numbered))):
        texts = [f"`{text}`" for text in dict.fromkeys(bound.text for bound in cycle)]
        shown = (
            texts
            if len(texts) <= MAX_SHOWN
            else [*texts[: MAX_SHOWN - 2], f"{len(texts) - MAX_SHOWN + 1} more", texts[-1]]
        )
        listed = f"{', '.join(shown[:-1])} and {shown[-1]}"
        raise ExpressionError(
            f"{listed} can never {'both' if len(texts) < 3 else 'all'} be true",
            span,
            "turn one of them round",
        )


def _bounds_of(atom: CompiledAtom) -> Iterator[_Bound]:
    """What an atom says, and what follows from it: what is ten times as large is larger."""
    yield from _compared(atom.node, atom.lower, atom.upper, atom.expression)
    match atom.node:
        case Binary("-", Call("log", left), Call("log", right)) if (
            atom.log and not atom.lower < 0 < atom.upper
        ):
            limits = (0.0, math.inf) if atom.lower >= 0 else (-math.inf, 0.0)
            yield from _compared(Binary("-", left, right), *limits, atom.expression)


def _compared(node: Value, lower: float, upper: float, text: str) -> Iterator[_Bound]:
    """lower < node < upper, as bounds on the difference of two quantities where `node` is one,
    else of one quantity and zero.
    """
    factors, offset = _linear(node)
    if not factors or not all(map(math.isfinite, (offset, *factors.values()))):
        return
    (first, scale), *others = sorted(factors.items(), key=lambda item: repr(item[0]))
    lower, upper = sorted(((lower - offset) / scale, (upper - offset) / scale))
    left: Hashable = first
    right: Hashable = ZERO
    if len(others) == 1 and round(others[0][1] / scale, DIGITS) == -1:
        right = others[0][0]
    elif others:
        left = (first, *((part, round(factor / scale, DIGITS)) for part, factor in others))
    if math.isfinite(upper):
        yield _Bound(left, right, _exact(upper), text)
    if math.isfinite(lower):
        yield _Bound(right, left, -_exact(lower), text)


def _exact(limit: float) -> Fraction:
    """The decimal number that was written, so that limits add up exactly."""
    return Fraction(f"{limit:.15g}")


def _linear(node: Value) -> tuple[Mapping[Value, float], float]:
    """A quantity as a sum: the factor of each part that is no sum itself, and a constant."""
    match node:
        case Number(value):
            return {}, float(value)
        case Negate(operand):
            return _scaled(_linear(operand), -1.0)
        case Binary("+" | "-" as operator, left, right):
            (ours, a), (theirs, b) = (
                _linear(left),
                _scaled(_linear(right), 1.0 if operator == "+" else -1.0),
            )
            total = {part: ours.get(part, 0.0) + theirs.get(part, 0.0) for part in (*ours, *theirs)}
            return {
                part: factor
                for part, factor in total.items()
                if abs(factor) > 10.0**-DIGITS * abs(ours.get(part, factor))
            }, a + b
        case Binary("*", left, right) if not terms_of(left):
            return _scaled(_linear(right), constant(left) or 0.0)
        case Binary("*" | "/" as operator, left, right) if not terms_of(right) and (
            by := constant(right)
        ):
            return _scaled(_linear(left), by if operator == "*" else 1 / by)
        case Call() if not terms_of(node):
            return {}, constant(node) or 0.0
    return {node: 1.0}, 0.0


def _scaled(
    linear: tuple[Mapping[Value, float], float], by: float
) -> tuple[Mapping[Value, float], float]:
    factors, offset = linear
    return {part: factor * by for part, factor in factors.items()}, offset * by


def _possibly_in_cycles(bounds: list[_Bound]) -> list[_Bound]:
    """Without bounds that cannot belong to a cycle: in most claims none is left."""
    while True:
        inside = {bound.left for bound in bounds} & {bound.right for bound in bounds}
        kept = [bound for bound in bounds if bound.left in inside and bound.right in inside]
        if len(kept) == len(bounds):
            return kept
        bounds = kept


def _impossible_cycle(bounds: Sequence[_Bound]) -> list[_Bound]:
    """A cycle of bounds whose limits add up to zero or less: a - b < x, b - a < y with x + y <= 0.
    Empty where there is none.

    Shortest paths by Bellman and Ford, each edge strictly shorter than its limit; a cycle among the
    edges last taken is a cycle of negative length.
    """
    distance: dict[Hashable, tuple[Fraction | int, int]] = {}
    taken: dict[Hashable, _Bound] = {}
    for _ in range(2 * len(bounds) + 1):
        moved = False
        for bound in bounds:
            total, steps = distance.get(bound.right, (0, 0))
            reached = (total + bound.limit, steps - 1)  # the more steps, the stricter the sum
            if reached < distance.get(bound.left, (0, 0)):
                distance[bound.left], taken[bound.left], moved = reached, bound, True
        if not moved:
            return []
        if cycle := _cycle(taken):
            return cycle
    return []


def _cycle(taken: Mapping[Hashable, _Bound]) -> list[_Bound]:
    """A cycle of edges, each taken from its left end to its right; empty where there is none."""
    done: set[Hashable] = set()
    for start in taken:
        path: list[Hashable] = []
        at = start
        while at in taken and at not in done:
            done.add(at)
            path.append(at)
            at = taken[at].right
        if at in path:
            return [taken[place] for place in path[path.index(at) :]]
    return []
