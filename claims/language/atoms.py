"""A claim reduced to atoms: each a quantity over means and the open interval in which the claim
says it lies.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from claims.language.checks import check_atom
from claims.language.compiled import CompiledAtom
from claims.language.contradictions import check_together
from claims.language.estimand import constant, denominators_of, terms_of
from claims.language.nodes import (
    Approx,
    Binary,
    Call,
    Comparison,
    ExpressionError,
    Scalar,
    Span,
    Statement,
    Term,
    Value,
    parts_of,
    scalar_text,
)
from claims.language.options import Options, apply_options
from claims.language.printer import to_text
from claims.language.resolve import Vocabulary
from claims.language.variables import bind

MAX_ATOMS = 1000
Limits = tuple[float, float]


def compile_claim(
    statement: Statement,
    options: Options,
    for_every: Mapping[str, Sequence[Scalar]],
    vocabulary: Vocabulary,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[tuple[Term, ...], tuple[CompiledAtom, ...]]:
    """The terms a claim needs and its atoms, over every combination of its variables.

    ranges: lowest and highest value of each metric, where known. Raises `ExpressionError` for names
    that `vocabulary` lacks and for claims that can never be true or never be false.
    """
    statement = apply_options(statement, options)
    atoms: list[CompiledAtom] = []
    for combination in itertools.product(*(enumerate(values) for values in for_every.values())):
        bindings = {
            name: (value, index)
            for name, (index, value) in zip(for_every, combination, strict=True)
        }
        plain = {name: value for name, (value, _) in bindings.items()}
        for part in parts_of(bind(statement, bindings)):
            atoms += _atoms_of(part, vocabulary, options.by, plain)
        if len(atoms) > MAX_ATOMS:
            raise ExpressionError(
                f"the claim has more than {MAX_ATOMS} parts",
                statement.span,
                "shorten the lists of `for_every`",
            )
    for atom in atoms:
        check_atom(atom, ranges or {})
    check_together(atoms, statement.span)
    terms = dict.fromkeys(
        term for atom in atoms for value in atom.quantities for term in terms_of(value)
    )
    return tuple(terms), tuple(atoms)


def compile_value(value: Value, vocabulary: Vocabulary) -> tuple[tuple[Term, ...], CompiledAtom]:
    """The terms of a quantity that is only estimated, and an atom without limits. Raises
    `ExpressionError`.
    """
    node = vocabulary.resolve(value)
    terms = terms_of(node)
    if not terms:
        raise ExpressionError("nothing measured stands in this expression", value.span)
    return terms, CompiledAtom(to_text(value), {}, node, nonzero=_denominators(node))


def _atoms_of(
    part: Comparison, vocabulary: Vocabulary, by: float, bindings: Mapping[str, Scalar]
) -> list[CompiledAtom]:
    """The atoms of one comparison, whose variables are bound and whose labels are not yet looked
    up.
    """
    atoms = []
    for text, *pair, limits, log in _pairs(part, by):
        left, right = map(vocabulary.resolve, pair)
        if left == right:
            values = ", ".join(f"{name} = {scalar_text(value)}" for name, value in bindings.items())
            raise ExpressionError(
                f"`{text}` compares a quantity with itself{f' ({values})' if values else ''}",
                part.span,
            )
        reduce = _log_ratio if log else _difference
        node, (lower, upper), positive = reduce(text, left, right, limits, part.span)
        nonzero = _denominators(left, right)
        atoms.append(
            CompiledAtom(text, bindings, node, lower, upper, positive, nonzero, log, part.span)
        )
    return atoms


def _pairs(part: Comparison, by: float) -> Iterator[tuple[str, Value, Value, Limits, bool]]:
    """Each two quantities that are compared: text, left, right, and the limits of left - right, or
    of log left - log right where the last is true.
    """
    if isinstance(part, Approx):
        log = part.within is None
        distance = math.log(part.factor or math.nan) if part.within is None else part.within
        yield to_text(part), part.left, part.right, (-distance, distance), log
        return
    limits = {
        "<": (-math.inf, 0.0),
        ">": (0.0, math.inf),
        "<<": (-math.inf, -math.log(by)),
        ">>": (math.log(by), math.inf),
    }
    for (left, right), operator in zip(
        itertools.pairwise(part.operands), part.operators, strict=True
    ):
        text = f"{to_text(left)} {operator} {to_text(right)}"
        yield text, left, right, limits[operator], operator in ("<<", ">>")


def _difference(
    text: str, left: Value, right: Value, limits: Limits, span: Span
) -> tuple[Value, Limits, tuple[Value, ...]]:
    """left - right and its limits, with added constants moved to the limits: a reader sees the
    quantity itself.
    """
    ours, offset = _split_constant(left)
    theirs, other = _split_constant(right)
    # 0.7 - 0.15 is 0.55 to a reader
    lower, upper = (float(f"{limit + other - offset:.15g}") for limit in limits)
    if any(
        math.isfinite(limit) and not math.isfinite(moved)
        for limit, moved in zip(limits, (lower, upper), strict=True)
    ):
        raise ExpressionError(f"the numbers in `{text}` are too large", span, "at most about 1e308")
    if ours is not None and theirs is not None:
        return Binary("-", ours, theirs), (lower, upper), ()
    if ours is not None:
        return ours, (lower, upper), ()
    if theirs is not None:
        return theirs, (-upper, -lower), ()
    raise ExpressionError(f"`{text}` holds nothing that is measured", span)


def _split_constant(node: Value) -> tuple[Value | None, float]:
    """The measured part of a quantity, or None, and the constant added to it."""
    number = constant(node)
    if number is not None:
        if not math.isfinite(number):
            raise ExpressionError(f"`{to_text(node)}` is not a number", node.span)
        return None, number
    if isinstance(node, Binary) and node.operator in "+-":
        sign = 1 if node.operator == "+" else -1
        (left, first), (right, second) = _split_constant(node.left), _split_constant(node.right)
        if right is None:
            return left, first + sign * second
        if left is None and sign == 1:
            return right, first + second
    return node, 0.0


def _log_ratio(
    text: str, left: Value, right: Value, limits: Limits, span: Span
) -> tuple[Value, Limits, tuple[Value, ...]]:
    """log left - log right, its limits, and the sides that must be positive; a constant side moves
    to the limits.
    """
    ours, theirs = (_positive_constant(side) for side in (left, right))
    lower, upper = limits
    if ours is not None and theirs is not None:
        raise ExpressionError(f"`{text}` holds nothing that is measured", span)
    if theirs is not None:
        shift = math.log(theirs)
        return Call("log", left), (lower + shift, upper + shift), (left,)
    if ours is not None:
        shift = math.log(ours)
        return Call("log", right), (shift - upper, shift - lower), (right,)
    return Binary("-", Call("log", left), Call("log", right)), limits, (left, right)


def _positive_constant(side: Value) -> float | None:
    """The value of a side of a ratio that holds no mean; None for one that does."""
    number = constant(side)
    if number is not None and not 0 < number < math.inf:
        raise ExpressionError(
            f"a ratio to `{to_text(side)}` has no meaning: both sides must be positive",
            side.span,
            "compare the difference, with < or `within`",
        )
    return number


def _denominators(*nodes: Value) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(part for node in nodes for part in denominators_of(node)))
