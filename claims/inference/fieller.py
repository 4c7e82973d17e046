"""Fractions judged without dividing (Fieller 1954): the test is whether `num - c * den` is zero
rather than whether `num / den` is c.

The quotient of two means is skewed when the denominator is a few standard errors from zero, and its
delta-method standard error moves with it; the difference `num - c * den` has neither trouble. Its
standard error at any c follows from three second moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

from claims.inference import reference, spread
from claims.inference.reference import HUGE
from claims.inference.resampling import Draws, evaluate
from claims.inference.types import Atom, Estimand


@dataclass(frozen=True)
class Fraction:
    """A fraction in B worlds; arrays are (B,).

    contrast: sign(den) * (num - ratio * den), an estimand that is zero at the observed means. den:
    the denominator without its sign. own, shared, other: squared error of the contrast, its
    covariance with den, squared error of den.
    """

    contrast: Estimand
    ratio: np.ndarray
    den: np.ndarray
    own: np.ndarray
    shared: np.ndarray
    other: np.ndarray

    def distance(self, threshold: float) -> np.ndarray:
        """num - c * den in its own standard errors, (B,), at the threshold c."""
        away = threshold - self.ratio
        squared = self.own - 2 * away * self.shared + away**2 * self.other
        return np.clip(
            np.nan_to_num(-away * self.den / np.sqrt(np.maximum(squared, 1e-300)), nan=0.0),
            -HUGE,
            HUGE,
        )

    def end(self, quantile: np.ndarray, unbounded: float) -> np.ndarray:
        """One end of the interval, (B,): the threshold at which `distance` is the quantile;
        `unbounded` where there is none.
        """
        square = quantile**2
        lead = self.den**2 - square * self.other
        half = square * self.shared
        root = np.sqrt(np.maximum(half**2 + lead * square * self.own, 0.0))
        end = self.ratio - (half + np.copysign(root, quantile)) / lead
        return np.where((lead > 1e-9 * self.den**2) & np.isfinite(end), end, unbounded)


def fraction_of(draws: Draws, atom: Atom) -> Fraction | None:
    """The atom's fraction in the worlds of `draws`; None where it has none."""
    if atom.fraction is None:
        return None
    num, den = atom.fraction
    (top, by_top), (bottom, by_bottom) = evaluate(num, draws.centre), evaluate(den, draws.centre)
    ratio = np.nan_to_num(top / bottom, nan=0.0, posinf=0.0, neginf=0.0)
    sign = np.where(bottom < 0, -1.0, 1.0)

    def contrast(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (a, by_a), (b, by_b) = evaluate(num, means), evaluate(den, means)
        return sign * (a - ratio * b), sign[:, None] * (by_a - ratio[:, None] * by_b)

    gradient, down = (np.nan_to_num(g) for g in (by_top - ratio[:, None] * by_bottom, by_bottom))
    pulls = zip(draws.influence(gradient), draws.influence(down), draws.sizes, strict=True)
    shared = np.zeros(len(bottom))
    for a, b, n in pulls:
        shared = shared + (a * b).sum(axis=1) / max(n * (n - 1), 1)
    own, other = (np.nan_to_num(spread.observed(draws, g).squared) for g in (gradient, down))
    return Fraction(contrast, ratio, np.abs(bottom), own, shared, other)


def interval_and_tails(
    fraction: Fraction, table: np.ndarray, level: float, thresholds: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Interval and the four p-values (above, below, under, over), all from one reference of the
    contrast, (B, R).
    """
    up, down = reference.bounds(table, level)
    low, high = fraction.end(up, -inf), fraction.end(down, inf)
    tests = zip(
        (reference.p_above, reference.p_below, reference.p_below, reference.p_above),
        (*thresholds, *thresholds),
        (0.0, 0.0, 1.0, 1.0),
        (low, high, high, low),
        strict=True,
    )
    tails = [
        # an end that does not exist excludes nothing
        np.where(np.isfinite(end), function(table, fraction.distance(c)), 1.0)
        if isfinite(c)
        else np.full(len(table), absent)
        for function, c, absent, end in tests
    ]
    return low, high, tails
