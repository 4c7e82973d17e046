"""The keys of a claim that shape its comparisons, written into its statement."""

from __future__ import annotations

from dataclasses import dataclass, replace

from claims.language.nodes import (
    Approx,
    Binary,
    Chain,
    Conjunction,
    ExpressionError,
    Number,
    Statement,
    parts_of,
)


@dataclass(frozen=True)
class Options:
    """The keys of a claim that shape its comparisons: `by` of << and >>, `within` and `factor` of
    approx(...), `never` with its `margin`.
    """

    by: float = 10.0
    within: float | None = None
    factor: float | None = None
    never: bool = False
    margin: float = 0.0


def apply_options(statement: Statement, options: Options) -> Statement:
    """The statement with `never`, `margin`, `within` and `factor` written into its comparisons.
    Raises `ExpressionError` for an option that it has no use for.
    """
    parts = parts_of(statement)
    approximate = [part for part in parts if isinstance(part, Approx)]
    if (options.within is not None or options.factor is not None) and not approximate:
        raise ExpressionError(
            "`within` and `factor` belong to approx(...), which this claim does not use",
            statement.span,
        )
    if options.never:
        return _negation(statement, options.margin)
    filled = tuple(
        _with_distance(part, options) if isinstance(part, Approx) else part for part in parts
    )
    if isinstance(statement, Conjunction):
        return replace(statement, parts=filled)
    (comparison,) = filled
    return comparison


def _with_distance(part: Approx, options: Options) -> Approx:
    if part.within is not None or part.factor is not None:
        return part
    if options.within is None and options.factor is None:
        raise ExpressionError(
            "approx(...) needs to know how near is near",
            part.span,
            "write approx(a, b, within=0.1) or approx(a, b, factor=2)",
        )
    return replace(part, within=options.within, factor=options.factor)


def _negation(statement: Statement, margin: float) -> Chain:
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
        right = replace(right, value=right.value + (-margin if operator == "<" else margin))
    elif margin:
        sign = "-" if operator == "<" else "+"
        right = Binary(sign, right, Number(margin), span=right.span)
    return replace(statement, operands=(left, right), operators=({"<": ">", ">": "<"}[operator],))
