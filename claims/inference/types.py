"""Arguments and results of `decide`: samples, atoms, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isnan
from typing import Any, Protocol

import numpy as np

from claims.inference.outcomes import Cause, Verdict


class InferenceError(ValueError):
    """The data or an argument cannot be used; the message names which, and what is allowed."""


class Estimand(Protocol):
    """A smooth function of the term means."""

    def __call__(self, means: np.ndarray) -> tuple[Any, Any]:
        """Value (...,) and gradient (..., T) at `means` (..., T); nan or inf where undefined,
        without a warning.
        """
        ...


@dataclass(frozen=True)
class Sample:
    """Replicates of the terms a claim needs.

    cells: one array (n_c, T_c) for each independent group; the paired design is one cell. Rows are
    replicates (seeds), resampled whole inside their cell. The mean vector is the concatenation of
    the cells' means: T = sum of T_c. Raises InferenceError for values that are not finite and for
    cells without rows or terms.
    """

    cells: tuple[np.ndarray, ...]

    def __init__(self, cells: Sequence[Any]) -> None:
        object.__setattr__(self, "cells", tuple(_cell(c, i) for i, c in enumerate(cells)))
        if not self.cells:
            raise InferenceError("`cells` must hold at least one array of replicates; it is empty.")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Replicates in each cell."""
        return tuple(len(c) for c in self.cells)

    @property
    def n_terms(self) -> int:
        """Terms of all cells together."""
        return sum(c.shape[1] for c in self.cells)


@dataclass(frozen=True)
class Atom:
    """The claim `lower < estimand < upper`; an infinite end claims nothing.

    positive: these must be shown positive, else the atom is inconclusive. nonzero: denominators;
    where the interval of one holds zero the atom's interval is unbounded. fraction: numerator and
    denominator, where the estimand is their quotient: the atom is then judged by `numerator -
    threshold * denominator`, which stays right where the denominator is only a few standard errors
    from zero. The denominator belongs in `nonzero` too.
    """

    estimand: Estimand
    lower: float = -inf
    upper: float = inf
    positive: tuple[Estimand, ...] = ()
    nonzero: tuple[Estimand, ...] = ()
    fraction: tuple[Estimand, Estimand] | None = None

    def __post_init__(self) -> None:
        if isnan(self.lower) or isnan(self.upper) or not self.lower < self.upper:
            raise InferenceError(
                f"`lower` must be below `upper`; got {self.lower} and {self.upper}."
            )
        if self.lower == -inf and self.upper == inf:
            raise InferenceError(
                "An atom needs a finite `lower` or `upper`; both are infinite, so it tests nothing."
            )

    @property
    def thresholds(self) -> tuple[float, float]:
        """Both ends of what is claimed, infinite where one claims nothing."""
        return self.lower, self.upper


@dataclass(frozen=True)
class AtomResult:
    """One atom judged.

    estimate: nan where the estimand is undefined at the observed means; nothing else is nan. low,
    high: its own interval at the confidence asked, infinite where it cannot be judged. p_refute:
    corrected over the claim's atoms. cause, reason: why it is inconclusive, as code and sentence.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    p_refute: float
    verdict: Verdict
    cause: Cause | None = None
    reason: str = ""


@dataclass(frozen=True)
class Decision:
    """A claim judged.

    p_value: the smallest level at which the claim would be supported. headline: index of the
    weakest atom. cause, reason: why the claim is inconclusive, as code and sentence. seeds_needed:
    for an inconclusive claim, replicates (of the largest cell) at which it would be decided with
    90 % chance if the estimates are true; `power.MOST_SEEDS` stands for that many or more; None
    where the data do not say.
    """

    verdict: Verdict
    p_value: float
    p_refute: float
    headline: int
    atoms: tuple[AtomResult, ...]
    cause: Cause | None
    reason: str
    seeds_needed: int | None
    method: str
    confidence: float


def _cell(values: Any, index: int) -> np.ndarray:
    cell = np.array(values, dtype=float)
    if cell.ndim != 2 or 0 in cell.shape:
        raise InferenceError(
            f"cell {index} must have shape (replicates, terms), both at least 1; got {cell.shape}."
        )
    bad = np.argwhere(~np.isfinite(cell))
    if len(bad):
        row, term = bad[0]
        raise InferenceError(
            f"cell {index}, replicate {row}, term {term} is {cell[row, term]}; "
            "observations must be finite"
            f" ({len(bad)} of {cell.size} are not). Measure it again or drop the replicate."
        )
    if np.abs(cell).max() > 1e150:
        row, term = np.argwhere(np.abs(cell) > 1e150)[0]
        raise InferenceError(
            f"cell {index}, replicate {row}, term {term} is {cell[row, term]}; its square "
            "overflows. Rescale it."
        )
    cell.setflags(write=False)
    return cell
