"""How many replicates would decide an inconclusive claim."""

from __future__ import annotations

from math import ceil, inf, isfinite, sqrt

import numpy as np
from scipy.special import nctdtr, stdtrit

from claims.inference import atoms as one

CHANCE = 0.9
MOST_SEEDS = 10_000  # stands for that many or more


def margin(study: one.Study) -> float:
    """Distance from the estimate to the nearest threshold, in standard errors of world 0; negative
    outside the thresholds.
    """
    if study.trouble[0] in (one.UNDEFINED, one.DEGENERATE):
        return -inf
    lower, upper = study.thresholds
    centre = study.centre[0]
    return float(min(centre - lower, upper - centre) / study.error[0])


def distance(study: one.Study) -> float:
    """How far beyond a threshold the estimate lies, in standard errors."""
    return -margin(study)


def seeds_needed(studies: list[one.Study], sizes: tuple[int, ...], level: float) -> int | None:
    """Replicates of the largest cell at which the claim is decided with 90 % chance, were the
    estimates the truth.

    Support when every estimate is inside its thresholds, refutation by the furthest one outside
    otherwise. Each atom's standard error shrinks with the root of the size; the reference
    distribution is as much wider than t as it was here, an excess that shrinks with the size. None
    where the data do not say: undefined, degenerate, or one side negative.
    """
    n, least = max(sizes), max(one.fewest(s.sizes, level) for s in studies)
    if any(s.trouble[0] == one.TOO_FEW and s.constant[0] for s in studies):
        return least  # a single replicate, or two that agree: nothing but the minimum is known
    if any(s.trouble[0] in (one.UNDEFINED, one.DEGENERATE) or _hopeless(s) for s in studies):
        return None
    margins = [margin(s) for s in studies]
    sides = sum(isfinite(t) for s in studies for t in s.thresholds)
    if min(margins) < 0:
        worst = studies[int(np.argmin(margins))]
        effects = [-min(margins), *_open_guards(worst)]
        return _search(lambda f: _missed(worst, effects, f, level / sides) <= 1 - CHANCE, n, least)
    missed = (1 - CHANCE) / sides
    effects = [[*_distances(s), *_open_guards(s)] for s in studies]
    return _search(
        lambda f: all(
            _missed(s, e, f, level) <= missed for s, e in zip(studies, effects, strict=True)
        ),
        n,
        least,
    )


def _distances(s: one.Study) -> list[float]:
    """From the estimate to each threshold, in standard errors."""
    return [abs(s.centre[0] - t) / s.error[0] for t in s.thresholds if isfinite(t)]


def _open_guards(s: one.Study) -> list[float]:
    """Distances from zero, in standard errors, of the denominators and sides that are not yet shown
    to be off it.
    """
    return [abs(float(g.distance[0])) for g in s.guards if not g.holds[0]]


def _hopeless(s: one.Study) -> bool:
    """A side that must be positive looks negative: no number of replicates makes the claim
    decidable.
    """
    return any(
        g.code == one.NOT_POSITIVE and not g.holds[0] and g.distance[0] <= 0 for g in s.guards
    )


def _missed(s: one.Study, effects: list[float], factor: float, level: float) -> float:
    """Largest chance, over the effects, of failing to show one with `factor` times the
    replicates.
    """
    return 1 - min(_chance(s, e, factor, level) for e in effects)


def _chance(s: one.Study, effect: float, factor: float, level: float) -> float:
    """Power of a one-sided test of an effect of so many present standard errors, with `factor`
    times the replicates.
    """
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


def _search(enough, n: int, least: int) -> int:
    """Smallest size that is `enough` (given as a multiple of n), more than n, by bisection: power
    grows with the size.
    """
    low, high = max(n, least - 1), MOST_SEEDS
    if not enough(high / n):
        return MOST_SEEDS
    while high - low > 1:
        middle = ceil((low + high) / 2)
        low, high = (low, middle) if enough(middle / n) else (middle, high)
    return high
