"""One atom in many worlds: its estimate, reference distribution, interval and p-values, and what
stands in the way of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, inf, isfinite, log

import numpy as np

from claims.inference import classical, fieller, reference, spread
from claims.inference.resampling import Draws, evaluate
from claims.inference.types import Atom, Estimand

METHODS = ("bootstrap-t", "studentized", "t", "bca", "percentile")
HUGE = 1e12  # standard errors: stands for infinitely many, and can be added to
# of the level: so many resamples may leave the estimand undefined before the atom counts as
# unbounded
UNDEFINED_SHARE = 0.1

# of independent cells: of two values the spread is known so badly that Welch's test errs three
# times too often
SMALLEST_CELL = 3
# a denominator that no `fraction` takes care of must be so many times further from zero than its
# bound
CLEAR = 2

# why an atom cannot be judged, in order of precedence; `{}` is filled in by `Study.reason`
FINE, TOO_FEW, UNDEFINED, DEGENERATE, NOT_POSITIVE, UNBOUNDED = range(6)


@dataclass(frozen=True)
class Guard:
    """A side or denominator that must be positive, or off zero. distance: (B,) from zero, signed,
    in standard errors times how clear it must be; p_value: (B,) for being so; holds: (B,) p_value
    is small enough.
    """

    code: int
    distance: np.ndarray
    p_value: np.ndarray
    holds: np.ndarray


@dataclass(frozen=True)
class Study:
    """One atom in B worlds. Arrays are (B,); `reference` and `pivots` (B, R), None for the
    classical methods.

    trouble: FINE or why the world cannot be judged. p_above, p_below: support for the lower and the
    upper threshold (0 where there is none); p_under, p_over: evidence that the truth lies beyond
    them (1 where there is none).
    """

    atom: Atom
    estimate: np.ndarray
    centre: (
        np.ndarray
    )  # this, `error` and `thresholds` are on the studentised scale: log for scale="log"
    error: np.ndarray
    df: np.ndarray
    constant: np.ndarray  # no cell varies: there is no error to speak of
    low: np.ndarray
    high: np.ndarray
    p_above: np.ndarray
    p_below: np.ndarray
    p_under: np.ndarray
    p_over: np.ndarray
    trouble: np.ndarray
    sizes: tuple[int, ...]  # of the cells that the estimand depends on
    guards: tuple[Guard, ...]
    thresholds: tuple[float, float]
    pivots: np.ndarray | None
    reference: np.ndarray | None

    @property
    def p_value(self) -> np.ndarray:
        return np.maximum(self.p_above, self.p_below)


def study(draws: Draws, atom: Atom, level: float, method: str) -> Study:
    """Judge one atom at a one-sided `level` in every world of `draws`."""
    estimand = _logarithm(atom.estimand) if atom.scale == "log" else atom.estimand
    lower, upper = (
        (_log(atom.lower), _log(atom.upper)) if atom.scale == "log" else (atom.lower, atom.upper)
    )
    fit = _fit(draws, estimand)
    sizes = used_sizes(draws, fit.gradient)
    guards = _guards(draws, atom, level)
    trouble = _trouble(fit, guards, enough=_enough(sizes, level))
    pivots = table = None
    if method in ("bca", "percentile"):
        low, high, tails = classical.judge(
            draws, estimand, fit, trouble == FINE, level, (lower, upper), method
        )
    else:
        fraction = fieller.of(draws, atom) if atom.fraction else None
        pivots = (
            _pivots(draws, fraction.contrast, _fit(draws, fraction.contrast))
            if fraction
            else _pivots(draws, estimand, fit)
        )
        many = np.isnan(pivots).mean(axis=1) > UNDEFINED_SHARE * level
        trouble = np.where((trouble == FINE) & many, UNBOUNDED, trouble)
        pivots = _filled(pivots)
        table = _table(pivots, fit.df, method)
        low, high, tails = (
            fieller.read(fraction, table, level, (lower, upper))
            if fraction
            else _read(fit, table, level, (lower, upper))
        )
    bad = trouble != FINE
    low, high = np.where(bad, -inf, low), np.where(bad, inf, high)
    tails = [
        np.maximum.reduce([p, *(g.p_value for g in guards)]) for p in tails
    ]  # no verdict is surer than what it rests on
    above, below, under, over = (np.where(bad, 1.0, p) for p in tails)
    low, high = _settle(low, high, (lower, upper), (above, below, under, over), level)
    estimate = np.where(fit.defined, fit.estimate, np.nan)
    if atom.scale == "log":
        estimate, low, high = np.exp(estimate), np.exp(low), np.exp(high)
    return Study(
        atom,
        estimate,
        fit.estimate,
        fit.error,
        fit.df,
        fit.constant,
        low,
        high,
        above,
        below,
        under,
        over,
        trouble,
        sizes,
        guards,
        (lower, upper),
        pivots,
        table,
    )


@dataclass(frozen=True)
class Fit:
    """Estimate and delta-method standard error of an estimand in B worlds."""

    estimate: np.ndarray
    error: np.ndarray
    df: np.ndarray
    floors: np.ndarray
    gradient: np.ndarray
    defined: np.ndarray
    constant: np.ndarray


def _fit(draws: Draws, estimand: Estimand) -> Fit:
    estimate, gradient = evaluate(estimand, draws.centre)
    defined = np.isfinite(estimate) & np.isfinite(gradient).all(axis=1)
    gradient = np.where(defined[:, None], gradient, 0.0)
    s = spread.observed(draws, gradient)
    defined &= np.isfinite(s.squared)
    constant = s.constant | ~(s.squared > 0)
    df = np.where(defined & ~constant, s.df, 1.0)
    error = np.sqrt(np.where(defined & ~constant, s.squared, 1.0))
    return Fit(np.where(defined, estimate, 0.0), error, df, s.floors, gradient, defined, constant)


def _pivots(draws: Draws, estimand: Estimand, fit: Fit) -> np.ndarray:
    """(estimate* - estimate) / standard error* of each resample, (B, R); nan where undefined."""
    value, gradient = evaluate(estimand, draws.means)
    pivots = (value - fit.estimate) / np.sqrt(draws.variances(gradient, fit.floors))
    return np.where(np.isfinite(pivots), np.clip(pivots, -HUGE, HUGE), np.nan).T.copy()


def _filled(pivots: np.ndarray) -> np.ndarray:
    """Undefined pivots put at the two ends in turn: they count against either side."""
    ends = np.where(np.arange(pivots.shape[1]) % 2, HUGE, -HUGE)
    return np.where(np.isnan(pivots), ends, pivots)


def _table(pivots: np.ndarray, df: np.ndarray, method: str) -> np.ndarray:
    if method == "t":
        return reference.student(df, pivots.shape[1])
    return (reference.guarded if method == "bootstrap-t" else reference.studentized)(pivots, df)


def _read(
    fit: Fit, table: np.ndarray, level: float, thresholds: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, list]:
    """Interval and the four p-values, all off the same reference."""
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


def _settle(low, high, thresholds, tails, level):
    """Where a bound and a threshold are equal but for rounding, let the p-value say on which side
    the bound lies.
    """
    (lower, upper), (above, below, under, over) = thresholds, tails
    low = np.where(above > level, np.minimum(low, lower), low) if isfinite(lower) else low
    low = np.where(over > level, np.minimum(low, upper), low) if isfinite(upper) else low
    high = np.where(below > level, np.maximum(high, upper), high) if isfinite(upper) else high
    high = np.where(under > level, np.maximum(high, lower), high) if isfinite(lower) else high
    return low, high


def fewest(sizes: tuple[int, ...], level: float) -> int:
    """Smallest size of the largest cell from which `level` can be had at all: 2**-n for signs of
    paired replicates, one over the number of ways to deal the rows to the cells for independent
    ones.
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
    return log(2 ** sizes[0] if len(sizes) == 1 else ways) + log(level) >= log(
        1 - 1e-9
    )  # a whole number beyond a float's, from 1,024 seeds on


def used_sizes(draws: Draws, gradient: np.ndarray) -> tuple[int, ...]:
    """Sizes of the cells an estimand with `gradient` (B, T) depends on."""
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
    clear = 1.0 if atom.fraction else CLEAR
    return (
        *(_guard(draws, g, level, UNBOUNDED, clear) for g in atom.nonzero),
        *(_guard(draws, g, level, NOT_POSITIVE) for g in atom.positive),
    )


def _guard(draws: Draws, estimand: Estimand, level: float, code: int, clear: float = 1.0) -> Guard:
    """Whether a quantity is shown to be positive, or to be off zero.

    By its interval, `clear` times as wide; or because no resample crosses zero, in which case the
    interval of its logarithm does not either: that says which sign it has, not that dividing by it
    is safe, so it does not do where more than the sign is asked.
    """
    fit = _fit(draws, estimand)
    value, _ = evaluate(estimand, draws.means)
    table = reference.guarded(_filled(_pivots(draws, estimand, fit)), fit.df)
    apart = np.clip(fit.estimate / (clear * fit.error), -HUGE, HUGE)
    sides = []
    for test, same, uncrossed in (
        (reference.p_above, apart > 0, value > 0),
        (reference.p_below, apart < 0, value < 0),
    ):
        p = np.where(
            uncrossed.all(axis=0) & (clear == 1),
            1 / (draws.n_resamples + 1),
            np.where(fit.constant, 1.0, test(table, apart)),
        )
        sides.append(np.where(same, p, 1.0))
    p_value = sides[0] if code == NOT_POSITIVE else np.minimum(*sides)
    return Guard(code, np.where(fit.constant, 0.0, apart), p_value, p_value <= level)


def _logarithm(estimand: Estimand) -> Estimand:
    def logarithm(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = evaluate(estimand, means)
        value = np.where(value > 0, value, np.nan)
        return np.log(value), gradient / value[..., None]

    return logarithm


def _log(x: float) -> float:
    return log(x) if 0 < x < inf else (inf if x == inf else -inf)
