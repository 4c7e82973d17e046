"""Estimates with their delta-method standard errors, and the pivots of their resamples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claims.inference import spread
from claims.inference.reference import HUGE
from claims.inference.resampling import Draws, evaluate
from claims.inference.types import Estimand


@dataclass(frozen=True)
class Fit:
    """Estimate and delta-method standard error of an estimand in B worlds.

    estimate, error, df: (B,), made 0, 1 and 1 where they are undefined. floors: (B, C), see
    `spread.Spread`. gradient: (B, T). defined: (B,) the estimand has a value and a slope. constant:
    (B,) no cell varies, so that there is no standard error.
    """

    estimate: np.ndarray
    error: np.ndarray
    df: np.ndarray
    floors: np.ndarray
    gradient: np.ndarray
    defined: np.ndarray
    constant: np.ndarray


def fit_estimand(draws: Draws, estimand: Estimand) -> Fit:
    """The fit of an estimand in the worlds of `draws`."""
    estimate, gradient = evaluate(estimand, draws.centre)
    defined = np.isfinite(estimate) & np.isfinite(gradient).all(axis=1)
    gradient = np.where(defined[:, None], gradient, 0.0)
    s = spread.observed(draws, gradient)
    defined &= np.isfinite(s.squared)
    constant = s.constant | ~(s.squared > 0)
    df = np.where(defined & ~constant, s.df, 1.0)
    error = np.sqrt(np.where(defined & ~constant, s.squared, 1.0))
    return Fit(np.where(defined, estimate, 0.0), error, df, s.floors, gradient, defined, constant)


def pivots_of(draws: Draws, estimand: Estimand, fit: Fit) -> np.ndarray:
    """(estimate* - estimate) / standard error* of each resample, (B, R), nan where undefined; fit:
    of the same estimand.
    """
    value, gradient = evaluate(estimand, draws.means)
    pivots = (value - fit.estimate) / np.sqrt(draws.variances(gradient, fit.floors))
    return np.where(np.isfinite(pivots), np.clip(pivots, -HUGE, HUGE), np.nan).T.copy()


def filled(pivots: np.ndarray) -> np.ndarray:
    """Pivots with the undefined ones at the two ends in turn, so that they count against either
    side.
    """
    ends = np.where(np.arange(pivots.shape[1]) % 2, HUGE, -HUGE)
    return np.where(np.isnan(pivots), ends, pivots)
