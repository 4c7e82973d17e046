"""What goes in and what comes out: samples, atoms, verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite, isnan
from typing import Any, Literal, Protocol

import numpy as np

Scale = Literal["identity", "log"]


class InferenceError(ValueError):
    """The data or an argument cannot be used; the message names which, and what is allowed."""


class Estimand(Protocol):
    """A smooth function of the term means."""

    def __call__(self, means: np.ndarray) -> tuple[Any, Any]:
        """`means` (..., T) -> value (...,), gradient (..., T); nan or inf where undefined, never a
        warning.
        """


class Verdict(StrEnum):
    """What the data say about a claim; `sentence` is how a report says it."""

    sentence: str

    SUPPORTED = "supported", "the data exclude the claim being false"
    REFUTED = "refuted", "the data exclude the claim being true"
    INCONCLUSIVE = "inconclusive", "the data exclude neither the claim nor its opposite"

    def __new__(cls, value: str, sentence: str) -> Verdict:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


@dataclass(frozen=True)
class Sample:
    """Replicates of the terms a claim needs.

    cells: one array (n_c, T_c) per independent group; the paired design is one cell. Rows are
        replicates (seeds), resampled whole inside their cell. The mean vector is the concatenation
        of the cells' means: T = sum of T_c.
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
        return sum(c.shape[1] for c in self.cells)


@dataclass(frozen=True)
class Atom:
    """The claim `lower < estimand < upper`; an infinite end is no test.

    positive: these must be shown positive, else the atom is inconclusive. nonzero: denominators;
    where their interval holds zero the atom's interval is unbounded. scale: "log" studentises
    log(estimand), for estimands positive by nature. fraction: numerator and denominator, where the
    estimand is their quotient: it is then judged by `numerator - threshold * denominator`, which
    stays right where the denominator is only a few standard errors from zero. The denominator
    belongs in `nonzero` too.
    """

    estimand: Estimand
    lower: float = -inf
    upper: float = inf
    positive: tuple[Estimand, ...] = ()
    nonzero: tuple[Estimand, ...] = ()
    label: str = ""
    scale: Scale = "identity"
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
        if self.scale not in ("identity", "log"):
            raise InferenceError(f"`scale` must be 'identity' or 'log'; got {self.scale!r}.")
        if self.fraction is not None and self.scale == "log":
            raise InferenceError(
                "A `fraction` is judged on its own scale; `scale` must be 'identity'."
            )
        if self.scale == "log" and min(t for t in (self.lower, self.upper) if isfinite(t)) <= 0:
            raise InferenceError(
                f"On the log `scale` finite thresholds must be positive; got {self.lower} "
                f"and {self.upper}."
            )


@dataclass(frozen=True)
class AtomResult:
    """One atom judged.

    low, high: its own interval at the confidence asked, infinite where it cannot be judged.
    p_refute: corrected over the claim's atoms. estimate: nan where the estimand is undefined at the
    observed means, which `reason` then says; nothing else is nan.
    """

    estimate: float
    low: float
    high: float
    lower: float
    upper: float
    p_value: float
    p_refute: float
    verdict: Verdict
    reason: str = ""
    label: str = ""


@dataclass(frozen=True)
class Decision:
    """A claim judged.

    p_value: the smallest level at which the claim would be supported. headline: index of the
    weakest atom. seeds_needed: for an inconclusive claim, replicates (of the largest cell) at which
    it would be decided with 90 % chance were the estimates true; `power.MOST_SEEDS` stands for that
    many or more; None where the data do not say.
    """

    verdict: Verdict
    p_value: float
    p_refute: float
    headline: int
    atoms: tuple[AtomResult, ...]
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
