"""A claim reduced to atoms: each an estimand and the open interval in which the claim says it
lies.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from claims.language.checks import check_atom
from claims.language.contradictions import check_together
from claims.language.estimand import Estimand, constant, terms_of
from claims.language.nodes import (
    Approx,
    Binary,
    Call,
    Chain,
    ExpressionError,
    Number,
    Scalar,
    Span,
    Statement,
    Term,
    Value,
    parts_of,
    walk,
)
from claims.language.printer import scalar_text, to_text
from claims.language.resolve import Vocabulary, bind

MAX_ATOMS = 1000


@dataclass(frozen=True)
class Options:
    """The keys of a claim that shape its comparisons."""

    by: float = 10.0
    within: float | None = None
    factor: float | None = None
    never: bool = False
    margin: float = 0.0


@dataclass(frozen=True)
class CompiledAtom:
    """lower < estimand < upper. `scale` is "log" where the estimand is already the logarithm of
    what a reader wants to see: a ratio.
    """

    expression: str
    bindings: Mapping[str, Scalar]
    estimand: Estimand
    lower: float = -math.inf
    upper: float = math.inf
    positive: tuple[Estimand, ...] = ()
    nonzero: tuple[Estimand, ...] = ()
    scale: str = "identity"


@dataclass(frozen=True)
class _Draft:
    """An atom before the order of all terms is known."""

    text: str
    bindings: Mapping[str, Scalar]
    node: Value
    lower: float = -math.inf
    upper: float = math.inf
    positive: tuple[Value, ...] = ()
    nonzero: tuple[Value, ...] = ()
    scale: str = "identity"
    span: Span = Span()

    def values(self) -> tuple[Value, ...]:
        return (self.node, *self.positive, *self.nonzero)


def prepare(statement: Statement, options: Options) -> Statement:
    """Applies `never`, `margin`, `within` and `factor`; refuses an option that the claim has no use
    for.
    """
    parts = parts_of(statement)
    approximate = [part for part in parts if isinstance(part, Approx)]
    if (options.within is not None or options.factor is not None) and not approximate:
        raise ExpressionError(
            "`within` and `factor` belong to approx(...), which this claim does not use",
            statement.span,
        )
    if options.never:
        return _complement(statement, options.margin)
    filled = tuple(_fill(part, options) if isinstance(part, Approx) else part for part in parts)
    return filled[0] if len(filled) == 1 else replace(statement, parts=filled)


def _fill(part: Approx, options: Options) -> Approx:
    if part.within is not None or part.factor is not None:
        return part
    if options.within is None and options.factor is None:
        raise ExpressionError(
            "approx(...) needs to know how near is near",
            part.span,
            "write approx(a, b, within=0.1) or approx(a, b, factor=2)",
        )
    return replace(part, within=options.within, factor=options.factor)


def _complement(statement: Statement, margin: float) -> Chain:
    """never a < b, margin m: a > b - m everywhere."""
    if (
        not isinstance(statement, Chain)
        or len(statement.operators) != 1
        or statement.operators[0] not in "<>"
    ):
        raise ExpressionError(
            "`never` takes a single comparison with < or >",
            statement.span,
            "write one claim for each comparison",
        )
    (left, right), operator = statement.operands, statement.operators[0]
    if margin and isinstance(right, Number):
        right = Number(right.value + (-margin if operator == "<" else margin), right.span)
    elif margin:
        right = Binary("-" if operator == "<" else "+", right, Number(margin), right.span)
    return replace(statement, operands=(left, right), operators=({"<": ">", ">": "<"}[operator],))


def compile_claim(
    statement: Statement,
    options: Options,
    for_every: Mapping[str, Sequence[Scalar]],
    vocabulary: Vocabulary,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[tuple[Term, ...], tuple[CompiledAtom, ...]]:
    """The terms a claim needs and its atoms, over every combination of its variables. Raises
    `ExpressionError`.
    """
    statement = prepare(statement, options)
    drafts: list[_Draft] = []
    for combination in itertools.product(*(enumerate(values) for values in for_every.values())):
        bindings = {
            name: (value, index)
            for name, (index, value) in zip(for_every, combination, strict=True)
        }
        plain = {name: value for name, (value, _) in bindings.items()}
        for part in parts_of(bind(statement, bindings)):
            drafts += _reduce(part, vocabulary, options.by, plain)
        if len(drafts) > MAX_ATOMS:
            raise ExpressionError(
                f"the claim has more than {MAX_ATOMS} parts",
                statement.span,
                "shorten the lists of `for_every`",
            )
    for draft in drafts:
        check_atom(draft, ranges or {})
    check_together(drafts, statement.span)
    terms = tuple(
        dict.fromkeys(
            term for draft in drafts for value in draft.values() for term in terms_of(value)
        )
    )
    return terms, tuple(_finish(draft, terms) for draft in drafts)


def compile_value(value: Value, vocabulary: Vocabulary) -> tuple[tuple[Term, ...], CompiledAtom]:
    """A quantity that is only estimated: an atom without thresholds."""
    node = vocabulary.resolve(value)
    terms = terms_of(node)
    if not terms:
        raise ExpressionError("nothing measured stands in this expression", value.span)
    return terms, _finish(_Draft(to_text(value), {}, node, nonzero=_denominators(node)), terms)


def _finish(draft: _Draft, terms: tuple[Term, ...]) -> CompiledAtom:
    def estimands(values: tuple[Value, ...]) -> tuple[Estimand, ...]:
        return tuple(Estimand(value, terms) for value in dict.fromkeys(values))

    return CompiledAtom(
        draft.text,
        draft.bindings,
        Estimand(draft.node, terms),
        draft.lower,
        draft.upper,
        estimands(draft.positive),
        estimands(draft.nonzero),
        draft.scale,
    )


def _reduce(
    part: Chain | Approx, vocabulary: Vocabulary, by: float, bindings: Mapping[str, Scalar]
) -> list[_Draft]:
    """Comparisons between neighbours; `part` has its variables bound, its labels not yet looked
    up.
    """
    if isinstance(part, Approx):
        pairs = [(part.left, "approx", part.right)]
    else:
        pairs = list(zip(part.operands, part.operators, part.operands[1:], strict=False))
    drafts = []
    for left, operator, right in pairs:
        text = (
            to_text(part)
            if operator == "approx"
            else f"{to_text(left)} {operator} {to_text(right)}"
        )
        sides = vocabulary.resolve(left), vocabulary.resolve(right)
        if sides[0] == sides[1]:
            told = ", ".join(f"{name} = {scalar_text(value)}" for name, value in bindings.items())
            raise ExpressionError(
                f"`{text}` compares a quantity with itself{f' ({told})' if told else ''}", part.span
            )
        if operator == "approx" and part.within is not None:
            draft = _difference(text, *sides, -part.within, part.within, part.span)
        elif operator in ("<", ">"):
            draft = _difference(
                text, *sides, *((-math.inf, 0.0) if operator == "<" else (0.0, math.inf)), part.span
            )
        else:
            draft = _log_ratio(text, *sides, *_log_limits(operator, part, by), part)
        drafts.append(
            replace(
                draft,
                bindings=bindings,
                span=part.span,
                nonzero=tuple(x for side in sides for x in _denominators(side)),
            )
        )
    return drafts


def _log_limits(operator: str, part: Chain | Approx, by: float) -> tuple[float, float]:
    if operator == "approx":
        return -math.log(part.factor), math.log(part.factor)
    return (-math.inf, -math.log(by)) if operator == "<<" else (math.log(by), math.inf)


def _difference(
    text: str, left: Value, right: Value, lower: float, upper: float, span: Span
) -> _Draft:
    """left - right between the limits, with added constants moved to the limits: a reader sees the
    quantity itself.
    """
    left, offset = _peel(left)
    right, other = _peel(right)
    shifted = tuple(
        float(f"{limit + other - offset:.15g}") for limit in (lower, upper)
    )  # 0.7 - 0.15 is 0.55 to a reader
    if any(
        math.isfinite(limit) and not math.isfinite(moved)
        for limit, moved in zip((lower, upper), shifted, strict=True)
    ):
        raise ExpressionError(f"the numbers in `{text}` are too large", span, "at most about 1e308")
    lower, upper = shifted
    if right is None and left is not None:
        return _Draft(text, {}, left, lower, upper)
    if left is None and right is not None:
        return _Draft(text, {}, right, -upper, -lower)
    if left is None:
        raise ExpressionError(f"`{text}` holds nothing that is measured", span)
    return _Draft(text, {}, Binary("-", left, right), lower, upper)


def _peel(node: Value) -> tuple[Value | None, float]:
    """Splits a quantity into its measured part, or None, and a constant added to it."""
    number = constant(node)
    if number is not None:
        if not math.isfinite(number):
            raise ExpressionError(f"`{to_text(node)}` is not a number", node.span)
        return None, number
    if isinstance(node, Binary) and node.operator in "+-":
        sign = 1 if node.operator == "+" else -1
        (left, first), (right, second) = _peel(node.left), _peel(node.right)
        if right is None:
            return left, first + sign * second
        if left is None and sign == 1:
            return right, first + second
    return node, 0.0


def _log_ratio(
    text: str, left: Value, right: Value, lower: float, upper: float, part: Chain | Approx
) -> _Draft:
    """log left - log right between the limits, both sides positive; a constant side moves to the
    limits.
    """
    numbers = constant(left), constant(right)
    for side, number in zip((left, right), numbers, strict=True):
        if number is not None and not 0 < number < math.inf:
            raise ExpressionError(
                f"a ratio to `{to_text(side)}` has no meaning: both sides must be positive",
                side.span,
                "compare the difference, with < or `within`",
            )
    if None not in numbers:
        raise ExpressionError(f"`{text}` holds nothing that is measured", part.span)
    if numbers[1] is not None:
        shift = math.log(numbers[1])
        draft = _Draft(text, {}, Call("log", left), lower + shift, upper + shift, (left,))
    elif numbers[0] is not None:
        shift = math.log(numbers[0])
        draft = _Draft(text, {}, Call("log", right), shift - upper, shift - lower, (right,))
    else:
        draft = _Draft(
            text,
            {},
            Binary("-", Call("log", left), Call("log", right)),
            lower,
            upper,
            (left, right),
        )
    return replace(draft, scale="log")


def _denominators(node: Value) -> tuple[Value, ...]:
    return tuple(
        part.right
        for part in walk(node)
        if isinstance(part, Binary) and part.operator == "/" and terms_of(part.right)
    )
