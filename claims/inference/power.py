"""The number of replicates that would decide an inconclusive claim."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf, isfinite, sqrt

import numpy as np
from scipy.special import nctdtr, stdtrit

from claims.inference.atoms import (
    DEGENERATE,
    NOT_POSITIVE,
    TOO_FEW,
    UNDEFINED,
    AtomJudgement,
    fewest,
)

CHANCE = 0.9
MOST_SEEDS = 10_000  # stands for that many or more


def margin(judged: AtomJudgement) -> float:
    """Distance from the estimate to the nearest threshold in world 0, in standard errors; negative
    outside the thresholds, -inf where it is not known.
    """
    if judged.trouble[0] in (UNDEFINED, DEGENERATE):
        return -inf
    lower, upper = judged.atom.thresholds
    estimate = judged.fit.estimate[0]
    return float(min(estimate - lower, upper - estimate) / judged.fit.error[0])


def seeds_needed(atoms: list[AtomJudgement], sizes: tuple[int, ...], level: float) -> int | None:
    """Replicates of the largest cell at which the claim is decided with 90 % chance if the
    estimates are true; sizes: of all cells.

    Support where every estimate is inside its thresholds, refutation by the furthest one outside
    otherwise. Each atom's standard error shrinks with the root of the size; its reference
    distribution is wider than t by an excess that shrinks with the size. None where the data do not
    say: undefined, degenerate, or one side negative.
    """
    n, least = max(sizes), max(fewest(s.sizes, level) for s in atoms)
    if any(s.trouble[0] == TOO_FEW and s.fit.constant[0] for s in atoms):
        return least  # one replicate, or several that agree: only the minimum is known
    if any(s.trouble[0] in (UNDEFINED, DEGENERATE) or _estimated_negative(s) for s in atoms):
        return None
    margins = [margin(s) for s in atoms]
    sides = sum(isfinite(t) for s in atoms for t in s.atom.thresholds)
    if min(margins) < 0:
        worst = atoms[int(np.argmin(margins))]
        outside = [-min(margins), *_open_guards(worst)]
        return _search(
            lambda f: _miss_chance(worst, outside, f, level / sides) <= 1 - CHANCE, n, least
        )
    allowed = (1 - CHANCE) / sides
    inside = [(s, [*_distances(s), *_open_guards(s)]) for s in atoms]
    return _search(
        lambda f: all(_miss_chance(s, effects, f, level) <= allowed for s, effects in inside),
        n,
        least,
    )


def _distances(s: AtomJudgement) -> list[float]:
    """From the estimate to each threshold, in standard errors."""
    return [abs(s.fit.estimate[0] - t) / s.fit.error[0] for t in s.atom.thresholds if isfinite(t)]


def _open_guards(s: AtomJudgement) -> list[float]:
    """Distances from zero, in standard errors, of the denominators and sides that are not yet shown
    to be off it.
    """
    return [abs(float(g.distance[0])) for g in s.guards if not g.holds[0]]


def _estimated_negative(s: AtomJudgement) -> bool:
    """Whether a side that must be positive is estimated to be negative, so that no number of
    replicates decides the claim.
    """
    return any(g.code == NOT_POSITIVE and not g.holds[0] and g.distance[0] <= 0 for g in s.guards)


def _miss_chance(s: AtomJudgement, effects: list[float], factor: float, level: float) -> float:
    """Largest chance, over the effects, of not showing one with `factor` times the replicates."""
    return 1 - min(_chance(s, e, factor, level) for e in effects)


def _chance(s: AtomJudgement, effect: float, factor: float, level: float) -> float:
    """Power of a one-sided test of an effect of so many present standard errors, with `factor`
    times the replicates.
    """
    df = factor * (s.fit.df[0] + 1) - 1
    if df <= 0:
        return 0.0
    critical = stdtrit(df, 1 - level) * (1 + _excess(s, level) / factor)
    return float(1 - nctdtr(df, effect * sqrt(factor), critical)) if critical < 1e3 else 0.0


def _excess(s: AtomJudgement, level: float) -> float:
    """How much wider than t the reference distribution is at this level, relative to t."""
    if s.reference is None:
        return 0.0
    k = max(1, int(level * (s.reference.shape[1] + 1)))
    widest = max(s.reference[0, -k], -s.reference[0, k - 1])
    return (
        max(0.0, float(widest / stdtrit(s.fit.df[0], 1 - level)) - 1) if isfinite(widest) else 0.0
    )


def _search(enough: Callable[[float], bool], n: int, least: int) -> int:
    """Smallest size above n that is `enough` (asked as a multiple of n), by bisection, as power
    grows with the size.
    """
    low, high = max(n, least - 1), MOST_SEEDS
    if not enough(high / n):
        return MOST_SEEDS
    while high - low > 1:
        middle = ceil((low + high) / 2)
        low, high = (low, middle) if enough(middle / n) else (middle, high)
    return high
