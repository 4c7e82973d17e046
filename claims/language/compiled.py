"""An atom: one comparison of a claim, reduced to a quantity and the interval it must lie in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claims.language.estimand import Estimand
from claims.language.nodes import NOWHERE, Scalar, Span, Term, Value


@dataclass(frozen=True)
class CompiledAtom:
    """One comparison of a claim: lower < node < upper, with `node` a quantity over means.

    expression, bindings: the comparison for readers, and the values of its `for_every` variables.
    positive: sides that must be shown positive. nonzero: denominators, to be shown off zero. log:
    `node` is the logarithm of a ratio, which is what a reader wants to see. span: its place.
    """

    expression: str
    bindings: Mapping[str, Scalar]
    node: Value
    lower: float = -math.inf
    upper: float = math.inf
    positive: tuple[Value, ...] = ()
    nonzero: tuple[Value, ...] = ()
    log: bool = False
    span: Span = NOWHERE

    @property
    def quantities(self) -> tuple[Value, ...]:
        """All that is evaluated when the atom is judged."""
        return (self.node, *self.positive, *self.nonzero)

    def estimand(self, terms: Sequence[Term]) -> Estimand:
        """What is estimated, as a function of the means of `terms` in this order."""
        return Estimand(self.node, tuple(terms))
