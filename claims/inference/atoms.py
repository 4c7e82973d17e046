"""One atom in many worlds: estimate, standard error, interval and p-values, and whether it can be
judged at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, inf, isfinite, log

import numpy as np

from claims.inference import classical, fieller, reference
from claims.inference.fits import Fit, filled, fit_estimand, pivots_of
from claims.inference.outcomes import Cause
from claims.inference.reference import HUGE
from claims.inference.resampling import Draws, evaluate
from claims.inference.types import Atom, Estimand

METHODS = ("bootstrap-t", "studentized", "t", "bca", "percentile")
# of the level: so many resamples may leave the estimand undefined before the atom counts as
# unbounded
UNDEFINED_SHARE = 0.1
# replicates of each of several independent cells, at least: of two values the spread is known so
# badly that Welch's test errs three times too often
SMALLEST_CELL = 3
# standard errors: how many times further from zero than its bound a denominator must be, where the
# atom has no `fraction`
CLEARANCE = 2

# why an atom cannot be judged: numbers, for arrays of worlds, in order of precedence
FINE, TOO_FEW, UNDEFINED, DEGENERATE, NOT_POSITIVE, UNBOUNDED = range(6)
CAUSES = (
    None,
    Cause.TOO_FEW,
    Cause.UNDEFINED,
    Cause.DEGENERATE,
    Cause.NOT_POSITIVE,
    Cause.UNBOUNDED,
)


@dataclass(frozen=True)
class Guard:
    """Whether a quantity is shown to be positive, or off zero, in B worlds.

    code: NOT_POSITIVE or UNBOUNDED. distance: (B,) from zero, signed, in standard errors times the
    clearance asked. p_value: (B,) for being positive, or off zero. holds: (B,) p_value is within
    the level.
    """

    code: int
    distance: np.ndarray
    p_value: np.ndarray
    holds: np.ndarray


@dataclass(frozen=True)
class AtomJudgement:
    """One atom judged in B worlds. Arrays are (B,); `pivots` and `reference` (B, R), None for the
    methods of `classical`.

    p_above, p_below: for an estimand above the lower and below the upper threshold (0 where there
    is none); p_under, p_over: for one below the lower and above the upper threshold (1 where there
    is none). trouble: FINE, or why the world cannot be judged. sizes: of the cells that the
    estimand depends on.
    """

    atom: Atom
    fit: Fit
    low: np.ndarray
    high: np.ndarray
    p_above: np.ndarray
    p_below: np.ndarray
    p_under: np.ndarray
    p_over: np.ndarray
    trouble: np.ndarray
    sizes: tuple[int, ...]
    guards: tuple[Guard, ...]
    pivots: np.ndarray | None
    reference: np.ndarray | None

    @property
    def estimate(self) -> np.ndarray:
        """nan where the estimand is undefined."""
        return np.where(self.fit.defined, self.fit.estimate, np.nan)

    @property
    def p_value(self) -> np.ndarray:
        """For an estimand between the thresholds."""
        return np.maximum(self.p_above, self.p_below)


def judge_atom(draws: Draws, atom: Atom, level: float, method: str) -> AtomJudgement:
    """Judge one atom at a one-sided `level` in every world of `draws`."""
    fit = fit_estimand(draws, atom.estimand)
    sizes = used_sizes(draws, fit.gradient)
    guards = _guards(draws, atom, level)
    trouble = _trouble(fit, guards, enough=_enough(sizes, level))
    pivots = table = None
    if method in ("bca", "percentile"):
        low, high, tails = classical.interval_and_tails(draws, atom, trouble == FINE, level, method)
    else:
        fraction = fieller.fraction_of(draws, atom)
        pivots = (
            pivots_of(draws, fraction.contrast, fit_estimand(draws, fraction.contrast))
            if fraction
            else pivots_of(draws, atom.estimand, fit)
        )
        many = np.isnan(pivots).mean(axis=1) > UNDEFINED_SHARE * level
        trouble = np.where((trouble == FINE) & many, UNBOUNDED, trouble)
        pivots = filled(pivots)
        table = _table(pivots, fit.df, method)
        low, high, tails = (
            fieller.interval_and_tails(fraction, table, level, atom.thresholds)
            if fraction
            else _interval_and_tails(fit, table, level, atom.thresholds)
        )
    bad = trouble != FINE
    low, high = np.where(bad, -inf, low), np.where(bad, inf, high)
    # a p-value is at least that of every guard
    tails = [np.maximum.reduce([p, *(g.p_value for g in guards)]) for p in tails]
    above, below, under, over = (np.where(bad, 1.0, p) for p in tails)
    low, high = _align_bounds(low, high, atom.thresholds, (above, below, under, over), level)
    return AtomJudgement(
        atom=atom,
        fit=fit,
        low=low,
        high=high,
        p_above=above,
        p_below=below,
        p_under=under,
        p_over=over,
        trouble=trouble,
        sizes=sizes,
        guards=guards,
        pivots=pivots,
        reference=table,
    )


def _table(pivots: np.ndarray, df: np.ndarray, method: str) -> np.ndarray:
    """The reference distribution of a method, (B, R)."""
    if method == "t":
        return reference.student(df, pivots.shape[1])
    return (reference.guarded if method == "bootstrap-t" else reference.studentized)(pivots, df)


def _interval_and_tails(
    fit: Fit, table: np.ndarray, level: float, thresholds: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Interval and the four p-values (above, below, under, over), all from one reference."""
    up, down = reference.bounds(table, level)
    low, high = fit.estimate - up * fit.error, fit.estimate - down * fit.error
    tails = []
    for function, threshold, absent in zip(
        (reference.p_above, reference.p_below, reference.p_below, reference.p_above),
        (*thresholds, *thresholds),
        (0.0, 0.0, 1.0, 1.0),
        strict=True,
    ):
        distance = np.clip((fit.estimate - threshold) / fit.error, -HUGE, HUGE)
        tails.append(
            function(table, distance) if isfinite(threshold) else np.full(len(table), absent)
        )
    return low, high, tails


def _align_bounds(
    low: np.ndarray,
    high: np.ndarray,
    thresholds: tuple[float, float],
    tails: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    level: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds made to agree with the p-values, where a bound and a threshold are equal but for
    rounding.
    """
    (lower, upper), (above, below, under, over) = thresholds, tails
    low = np.where(above > level, np.minimum(low, lower), low) if isfinite(lower) else low
    low = np.where(over > level, np.minimum(low, upper), low) if isfinite(upper) else low
    high = np.where(below > level, np.maximum(high, upper), high) if isfinite(upper) else high
    high = np.where(under > level, np.maximum(high, lower), high) if isfinite(lower) else high
    return low, high


def fewest(sizes: tuple[int, ...], level: float) -> int:
    """Smallest size of the largest cell at which a p-value can be as small as `level`: 2**-n for
    signs of paired replicates, one over the number of ways to assign the rows to the cells for
    independent ones.
    """
    if len(sizes) == 1:
        return max(2, int(np.ceil(-log(level) / log(2) - 1e-9)))
    largest = max(2, max(sizes))
    while not _enough(
        tuple(max(SMALLEST_CELL, round(s * largest / max(sizes))) for s in sizes), level
    ):
        largest += 1
    return largest


def _enough(sizes: tuple[int, ...], level: float) -> bool:
    if min(sizes) < (2 if len(sizes) == 1 else SMALLEST_CELL):
        return False
    ways, total = 1, 0
    for n in sizes:
        total += n
        ways *= comb(total, n)
    # a whole number, beyond a float's range from 1,024 seeds on
    outcomes = 2 ** sizes[0] if len(sizes) == 1 else ways
    return log(outcomes) + log(level) >= log(1 - 1e-9)


def used_sizes(draws: Draws, gradient: np.ndarray) -> tuple[int, ...]:
    """Sizes of the cells that an estimand with `gradient` (B, T) depends on; all where it depends
    on none.
    """
    return (
        tuple(n for n, s in zip(draws.sizes, draws.slices, strict=True) if gradient[:, s].any())
        or draws.sizes
    )


def _trouble(fit: Fit, guards: tuple[Guard, ...], *, enough: bool) -> np.ndarray:
    if not enough:
        return np.full(len(fit.estimate), TOO_FEW)
    trouble = np.full(len(fit.estimate), FINE)
    for guard in guards:
        trouble = np.where(guard.holds, trouble, guard.code)
    trouble = np.where(fit.constant, DEGENERATE, trouble)
    return np.where(fit.defined, trouble, UNDEFINED)


def _guards(draws: Draws, atom: Atom, level: float) -> tuple[Guard, ...]:
    clearance = 1.0 if atom.fraction else CLEARANCE
    return (
        *(_guard(draws, g, level, UNBOUNDED, clearance) for g in atom.nonzero),
        *(_guard(draws, g, level, NOT_POSITIVE) for g in atom.positive),
    )


def _guard(
    draws: Draws, estimand: Estimand, level: float, code: int, clearance: float = 1.0
) -> Guard:
    """Whether a quantity is shown to be positive, or to be off zero.

    By its interval, `clearance` times as wide; or because no resample crosses zero, in which case
    the interval of its logarithm does not either. The latter shows the sign, not that it is safe to
    divide by the quantity, so it does not count where the clearance is above 1.
    """
    fit = fit_estimand(draws, estimand)
    value, _ = evaluate(estimand, draws.means)
    table = reference.guarded(filled(pivots_of(draws, estimand, fit)), fit.df)
    apart = np.clip(fit.estimate / (clearance * fit.error), -HUGE, HUGE)
    sides = []
    for test, same, uncrossed in (
        (reference.p_above, apart > 0, value > 0),
        (reference.p_below, apart < 0, value < 0),
    ):
        p = np.where(
            uncrossed.all(axis=0) & (clearance == 1),
            1 / (draws.n_resamples + 1),
            np.where(fit.constant, 1.0, test(table, apart)),
        )
        sides.append(np.where(same, p, 1.0))
    p_value = sides[0] if code == NOT_POSITIVE else np.minimum(*sides)
    return Guard(code, np.where(fit.constant, 0.0, apart), p_value, p_value <= level)
