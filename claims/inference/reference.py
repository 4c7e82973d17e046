"""Reference distributions of (estimate - truth) / standard error, from which intervals and p-values
are taken.

A reference is a sorted sample (B, R). The interval and the p-values of an atom come from one and
the same reference, so they cannot disagree: p <= level exactly when the bound at that level
excludes the threshold.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import stdtrit

from claims.inference.types import InferenceError

TIE = 1e-9  # relative: distances as near as this are equal
HUGE = 1e12  # standard errors: stands for infinitely many, and can be added to

# The numbers below were chosen by simulation; docs/inference.md says what for and
# docs/calibration.md has the tables.
FLOOR = 0.85  # a bound is never nearer than this share of t's
# asymmetry, as a share of t's quantile, from which all of the bootstrap's extra spread is kept
CONVINCING = 0.3


def shift_share(df: np.ndarray) -> np.ndarray:
    """Share of the bootstrap's asymmetry that is kept, (B,), by degrees of freedom df (B,). With
    less, bounds on skewed data fail too often at n = 8; with more at larger n, outliers are taken
    for skewness.
    """
    return np.minimum(1.0, 0.4 + 5 / (df + 1))


def guarded(pivots: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Bootstrap-t guarded by t: the sorted reference (B, R) of pivots (B, R) and degrees of freedom
    df (B,).

    The pivots' quantiles are split into a symmetric part (their spread) and an asymmetric part
    (their shift). The spread is never narrower than Student's t, since with few replicates or
    outliers resamples see too little of the tails; wider only as far as there is asymmetry to
    explain it, since without any t is right. Of the shift a share is kept, since in a small sample
    much of it is noise.
    """
    ordered = np.sort(pivots, axis=1)
    mirrored = ordered[:, ::-1]
    shift, spread = (ordered + mirrored) / 2, np.abs(ordered - mirrored) / 2
    t = student(df, pivots.shape[1])
    size = np.abs(t)
    kept = np.minimum(1.0, np.abs(shift) / np.maximum(CONVINCING * size, 1e-300))
    quantiles = (
        np.copysign(size + kept * np.maximum(spread - size, 0), t)
        + shift_share(df)[:, None] * shift
    )
    quantiles = np.where(t > 0, np.maximum(quantiles, FLOOR * t), np.minimum(quantiles, FLOOR * t))
    return np.sort(quantiles, axis=1)


def studentized(pivots: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Bootstrap-t as in the books: the sorted pivots themselves, (B, R)."""
    return np.sort(pivots, axis=1)


def student(df: np.ndarray, n_resamples: int) -> np.ndarray:
    """Quantiles of Student's t at k / (R + 1), (B, R)."""
    return np.stack([_student(float(d), n_resamples) for d in df])


@lru_cache(maxsize=64)
def _student(df: float, n_resamples: int) -> np.ndarray:
    half = stdtrit(df, np.arange(1, n_resamples // 2 + 1) / (n_resamples + 1))
    quantiles = np.concatenate([half, np.zeros(n_resamples % 2), -half[::-1]])
    quantiles.setflags(write=False)
    return quantiles


def rank(level: float, n_resamples: int) -> int:
    """Number k of the R reference points beyond the bound at `level`, that bound included. Raises
    InferenceError where there is none.
    """
    k = int(np.floor(level * (n_resamples + 1) + 1e-6))
    if k < 1:
        raise InferenceError(
            f"`n_resamples` = {n_resamples} cannot reach a one-sided level of {level:.3g}; "
            f"it must be at least {fewest_resamples(level)}."
        )
    return k


def fewest_resamples(level: float) -> int:
    """Smallest number of resamples whose p-values can be as small as a one-sided level."""
    return int(np.ceil(1 / level - 1e-6)) - 1


def bounds(reference: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles (B,), (B,) to be subtracted from an estimate, in standard errors, for its lower and
    for its upper bound.
    """
    k = rank(level, reference.shape[1])
    return reference[:, -k], reference[:, k - 1]


def p_above(reference: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """p-value (B,) for "truth > threshold", distance (B,) = (estimate - threshold) / standard
    error.
    """
    slack = TIE * (1 + np.abs(distance))
    return (1 + (reference >= (distance - slack)[:, None]).sum(axis=1)) / (reference.shape[1] + 1)


def p_below(reference: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """p-value (B,) for "truth < threshold", of the same distance."""
    slack = TIE * (1 + np.abs(distance))
    return (1 + (reference <= (distance + slack)[:, None]).sum(axis=1)) / (reference.shape[1] + 1)
