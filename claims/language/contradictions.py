"""Parts of a claim that exclude each other, found before anything trains: a < b < c < a, or a > b
and 2 * a < 2 * b.
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
    from claims.language.atoms import _Draft

ZERO = "zero"  # stands beside a quantity that is compared with numbers
MOST_SHOWN = 5  # parts of a contradiction that its message names
DIGITS = 12  # to which factors are taken to be equal: 0.1 * 3 and 0.3


@dataclass(frozen=True)
class _Below:
    """`left - right < limit`, as one of the claim's parts says."""

    left: Hashable
    right: Hashable
    limit: Fraction
    text: str


def check_together(drafts: Sequence[_Draft], span: Span) -> None:
    """Raises where no values make all parts true. Seen are quantities compared with each other or
    with numbers, up to a common factor.
    """
    number: dict[Hashable, int] = {}
    numbered = (
        replace(
            below,
            left=number.setdefault(below.left, len(number)),
            right=number.setdefault(below.right, len(number)),
        )
        for draft in drafts
        for below in _belows(draft)
    )
    if circle := _impossible(_in_circles(list(numbered))):
        texts = [f"`{text}`" for text in dict.fromkeys(below.text for below in circle)]
        shown = (
            texts
            if len(texts) <= MOST_SHOWN
            else [*texts[: MOST_SHOWN - 2], f"{len(texts) - MOST_SHOWN + 1} more", texts[-1]]
        )
        told = f"{', '.join(shown[:-1])} and {shown[-1]}"
        raise ExpressionError(
            f"{told} can never {'both' if len(texts) < 3 else 'all'} be true",
            span,
            "turn one of them round",
        )


def _belows(draft: _Draft) -> Iterator[_Below]:
    """What an atom says, and what follows from it: who is ten times as large is larger."""
    yield from _compared(draft.node, draft.lower, draft.upper, draft.text)
    match draft.node:
        case Binary("-", Call("log", left), Call("log", right)) if (
            draft.scale == "log" and not draft.lower < 0 < draft.upper
        ):
            limits = (0.0, math.inf) if draft.lower >= 0 else (-math.inf, 0.0)
            yield from _compared(Binary("-", left, right), *limits, draft.text)


def _compared(node: Value, lower: float, upper: float, text: str) -> Iterator[_Below]:
    """lower < node < upper, as said of two quantities where `node` is their difference, else of one
    and zero.
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
        yield _Below(left, right, _exact(upper), text)
    if math.isfinite(lower):
        yield _Below(right, left, -_exact(lower), text)


def _exact(limit: float) -> Fraction:
    """The decimal that was meant, so that limits add up exactly."""
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


def _in_circles(belows: list[_Below]) -> list[_Below]:
    """Without what cannot belong to a circle: in most claims nothing is left."""
    while True:
        inside = {below.left for below in belows} & {below.right for below in belows}
        kept = [below for below in belows if below.left in inside and below.right in inside]
        if len(kept) == len(belows):
            return kept
        belows = kept


def _impossible(belows: Sequence[_Below]) -> list[_Below]:
    """A circle of parts whose limits do not add up to more than nothing: a - b < x, b - a < y with
    x + y <= 0. Empty where there is none.

    Shortest paths (Bellman, Ford), every step strictly below its limit; a circle among the steps
    last taken is such a circle.
    """
    distance: dict[Hashable, tuple[Fraction | int, int]] = {}
    taken: dict[Hashable, _Below] = {}
    for _ in range(2 * len(belows) + 1):
        moved = False
        for below in belows:
            total, steps = distance.get(below.right, (0, 0))
            reached = (total + below.limit, steps - 1)  # the more steps, the stricter the sum
            if reached < distance.get(below.left, (0, 0)):
                distance[below.left], taken[below.left], moved = reached, below, True
        if not moved:
            return []
        if circle := _circle(taken):
            return circle
    return []


def _circle(taken: Mapping[Hashable, _Below]) -> list[_Below]:
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
