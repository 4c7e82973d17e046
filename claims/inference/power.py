"""How many replicates would decide an inconclusive claim."""

from __future__ import annotations

from math import ceil, inf, isfinite, sqrt

import numpy as np
from scipy.special import nctdtr, stdtrit

from claims.inference import atoms as one

CHANCE = 0.9
MOST_SEEDS = 10_000  # stands for that many or more


def margin(study: one.Study) -> float:
    """Distance from the estimate to the nearest threshold, in standard errors of world 0; negative outside the thresholds."""
    if study.trouble[0] in (one.UNDEFINED, one.DEGENERATE):
        return -inf
    lower, upper = study.thresholds
    centre = study.centre[0]
    return float(min(centre - lower, upper - centre) / study.error[0])


def distance(study: one.Study) -> float:
    """How far beyond a threshold the estimate lies, in standard errors."""
    return -margin(study)


def seeds_needed(studies: list[one.Study], sizes: tuple[int, ...], level: float) -> int | None:
    """Replicates of the largest cell at which the claim is decided with 90 % chance, were the estimates the truth.

    Support when every estimate is inside its thresholds, refutation by the furthest one outside otherwise. Each atom's
    standard error shrinks with the root of the size; the reference distribution is as much wider than t as it was here,
    an excess that shrinks with the size. None where the data do not say: undefined or degenerate.
    """
    n, least = max(sizes), one.fewest(sizes, level)
    if any(s.trouble[0] in (one.UNDEFINED, one.DEGENERATE) for s in studies):
        return least if n < least else None
    margins = [margin(s) for s in studies]
    if min(margins) < 0:
        sides = sum(isfinite(t) for s in studies for t in s.thresholds)
        worst = studies[int(np.argmin(margins))]
        return _search(lambda f: _chance(worst, -min(margins), f, level / sides) >= CHANCE, n, least)
    missed = (1 - CHANCE) / sum(isfinite(t) for s in studies for t in s.thresholds)
    return _search(lambda f: all(_missed(s, f, level) <= missed for s in studies), n, least)


def _missed(s: one.Study, factor: float, level: float) -> float:
    """Largest chance, over the thresholds of an atom, of failing to exclude it with `factor` times the replicates."""
    lower, upper = s.thresholds
    distances = [abs(s.centre[0] - t) / s.error[0] for t in (lower, upper) if isfinite(t)]
    return 1 - min(_chance(s, d, factor, level) for d in distances)


def _chance(s: one.Study, effect: float, factor: float, level: float) -> float:
    """Power of a one-sided test of an effect of so many present standard errors, with `factor` times the replicates."""
    df = factor * (s.df[0] + 1) - 1
    if df <= 0:
        return 0.0
    critical = stdtrit(df, 1 - level) * (1 + _excess(s, level) / factor)
    return float(1 - nctdtr(df, effect * sqrt(factor), critical)) if critical < 1e3 else 0.0


def _excess(s: one.Study, level: float) -> float:
    """How much wider, relative to t, the reference distribution was at this level."""
    if s.reference is None:
        return 0.0
    k = max(1, int(level * (s.reference.shape[1] + 1)))
    widest = max(s.reference[0, -k], -s.reference[0, k - 1])
    return max(0.0, float(widest / stdtrit(s.df[0], 1 - level)) - 1) if isfinite(widest) else 0.0


def _search(enough, n: int, least: int) -> int:  # noqa: ANN001
    """Smallest size that is `enough` (given as a multiple of n), more than n, by bisection: power grows with the size."""
    low, high = max(n, least - 1), MOST_SEEDS
    if not enough(high / n):
        return MOST_SEEDS
    while high - low > 1:
        middle = ceil((low + high) / 2)
        low, high = (low, middle) if enough(middle / n) else (middle, high)
    return high
