"""Quantities of a result file: parsed from an estimand's text, evaluated on the terms' values by
seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from claims.language import Estimand, ExpressionError, Term, parse_value, to_text
from claims.language.estimand import terms_of
from claims.language.nodes import Binary, Call, Mean, Select, Value, children, with_children

if TYPE_CHECKING:
    import numpy as np


@lru_cache(maxsize=4096)
def quantity(text: str) -> Value | None:
    """The quantity that `text` writes out over terms; None where there is no text, or none that can
    be parsed.
    """
    try:
        return _with_means(parse_value(text)) if text else None
    except ExpressionError:
        return None


def _with_means(node: Value) -> Value:
    """The quantity with a mean for each selection: every dimension is named, so that no label has
    to be looked up.
    """
    if isinstance(node, Select):
        if node.labels:
            raise ExpressionError(f"`{to_text(node)}` leaves a dimension unnamed", node.span)
        labels = tuple((name, label.value) for name, label in node.named)
        return Mean(Term(node.metric, labels), span=node.span)
    return with_children(node, tuple(map(_with_means, children(node))))


def sides_of(node: Value) -> tuple[Value, Value] | None:
    """The two measured sides whose difference is estimated, or None for a quantity compared with a
    number.
    """
    if (
        isinstance(node, Binary)
        and node.operator == "-"
        and terms_of(node.left)
        and terms_of(node.right)
    ):
        return node.left, node.right
    return None


def without_log(node: Value) -> Value:
    """What a logarithm is taken of, or the node itself: a plot's axis is logarithmic instead."""
    return node.operand if isinstance(node, Call) and node.function == "log" else node


def over_seeds(node: Value, terms: Mapping[str, Sequence[float]]) -> np.ndarray | None:
    """`node` for each seed, (n,), nan where undefined; None where its terms come from different
    replicates or one is absent.

    terms: values by seed, (n,) each, by the text of the term.
    """
    import numpy as np

    needed = terms_of(node)
    columns = [terms[str(term)] for term in needed if str(term) in terms]
    if not needed or len(columns) < len(needed) or len(set(map(len, columns))) != 1:
        return None
    value, _ = Estimand(node, needed)(np.array(columns, dtype=float).T)
    return np.atleast_1d(np.where(np.isfinite(value), value, np.nan))


def at_means(node: Value, terms: Mapping[str, Sequence[float]]) -> float | None:
    """The estimate: `node` at the means over seeds; None where it is undefined or a term is absent.

    terms: values by seed, (n,) each, by the text of the term.
    """
    import numpy as np

    needed = terms_of(node)
    if any(not terms.get(str(term)) for term in needed):
        return None
    value, _ = Estimand(node, needed)(np.array([np.mean(terms[str(term)]) for term in needed]))
    return float(value) if math.isfinite(value) else None
