"""What an atom is about, rebuilt from a result file alone: its estimand's text and the terms'
values by seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from claims.language import Estimand, ExpressionError, Term, parse_value, to_text
from claims.language.estimand import terms_of
from claims.language.nodes import Binary, Call, Mean, Select, Value, children, walk, with_children

if TYPE_CHECKING:
    import numpy as np


@lru_cache(maxsize=4096)
def quantity(text: str) -> Value | None:
    """The quantity that `text` writes out over terms; None where there is no text, or none that can
    be read.
    """
    try:
        return _looked_up(parse_value(text)) if text else None
    except ExpressionError:
        return None


def _looked_up(node: Value) -> Value:
    """Selections name every dimension here: each is a term as it stands."""
    if isinstance(node, Select):
        if node.labels:
            raise ExpressionError(f"`{to_text(node)}` leaves a dimension unnamed", node.span)
        return Mean(
            Term(node.metric, tuple((name, label.value) for name, label in node.named)), node.span
        )
    return with_children(node, tuple(map(_looked_up, children(node))))


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


def denominators_of(node: Value) -> tuple[Value, ...]:
    return tuple(
        part.right
        for part in walk(node)
        if isinstance(part, Binary) and part.operator == "/" and terms_of(part.right)
    )


def without_log(node: Value) -> Value:
    """What a logarithm is taken of; a reader's axis is logarithmic instead."""
    return node.operand if isinstance(node, Call) and node.function == "log" else node


def over_seeds(node: Value, terms: Mapping[str, Sequence[float]]) -> np.ndarray | None:
    """`node` seed by seed, (n,), nan where undefined; None where its terms come from different
    replicates or are not all there.
    """
    import numpy as np

    needed = terms_of(node)
    columns = [terms.get(str(term)) for term in needed]
    if not needed or None in columns or len({len(column) for column in columns}) != 1:
        return None
    value, _ = Estimand(node, needed)(np.array(columns, dtype=float).T)
    return np.atleast_1d(np.where(np.isfinite(value), value, np.nan))


def at_means(node: Value, terms: Mapping[str, Sequence[float]]) -> float | None:
    """`node` at the means over seeds: what is estimated. None where it is undefined."""
    import numpy as np

    needed = terms_of(node)
    if any(not terms.get(str(term)) for term in needed):
        return None
    value, _ = Estimand(node, needed)(np.array([np.mean(terms[str(term)]) for term in needed]))
    return float(value) if math.isfinite(value) else None
