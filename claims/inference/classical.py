"""BCa and percentile intervals by `scipy.stats.bootstrap`, for comparison with the methods built
here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import inf, isfinite
from typing import Any

import numpy as np

from claims.inference.reference import rank
from claims.inference.resampling import Draws, evaluate
from claims.inference.types import Atom, Estimand


def interval_and_tails(
    draws: Draws, atom: Atom, usable: np.ndarray, level: float, method: str
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Interval and the four p-values (above, below, under, over), each (B,), by method "bca" or
    "percentile"; usable: (B,) worlds to be judged.
    """
    worlds = len(usable)
    low, high = np.full(worlds, -inf), np.full(worlds, inf)
    tails = [np.ones(worlds) for _ in range(4)]
    lower, upper = atom.thresholds
    tests = [  # what an interval must exclude, whether it is asked, the p-value when it is not
        (lambda lo, hi: lo > lower, isfinite(lower), 0.0),
        (lambda lo, hi: hi < upper, isfinite(upper), 0.0),
        (lambda lo, hi: hi < lower, isfinite(lower), 1.0),
        (lambda lo, hi: lo > upper, isfinite(upper), 1.0),
    ]
    for b in np.flatnonzero(usable):
        interval = _Intervals(draws, atom.estimand, int(b), method)
        low[b], high[b] = interval.at(rank(level, draws.n_resamples))
        for tail, (excludes, asked, otherwise) in zip(tails, tests, strict=True):
            tail[b] = interval.smallest(excludes) if asked else otherwise
    return low, high, tails


class _Intervals:
    """Intervals of one world at any level, all from the same resamples."""

    def __init__(self, draws: Draws, estimand: Estimand, b: int, method: str) -> None:
        self.cells = [
            d[b] + draws.centre[b, s] for d, s in zip(draws.deviations, draws.slices, strict=True)
        ]
        self.estimand, self.method = estimand, "BCa" if method == "bca" else "percentile"
        self.n_resamples, self.rng = draws.n_resamples, draws.rng
        self.result: Any = None
        self.seen: dict[int, tuple[float, float]] = {}

    def statistic(self, *picked: np.ndarray, axis: int = -1) -> np.ndarray:
        """The estimand, (...,), from row numbers (..., n_c) of each cell: resampling numbers keeps
        the terms of a row together.
        """
        means = [
            c[np.asarray(i, dtype=int)].mean(axis=-2)
            for c, i in zip(self.cells, picked, strict=True)
        ]
        lead = np.broadcast_shapes(*(m.shape[:-1] for m in means))
        joined = np.concatenate([np.broadcast_to(m, (*lead, m.shape[-1])) for m in means], axis=-1)
        return evaluate(self.estimand, joined)[0]

    def at(self, k: int) -> tuple[float, float]:
        """Interval whose tails hold k of R + 1 each; unbounded where scipy returns nan."""
        if k not in self.seen:
            from scipy.stats import bootstrap  # slow to import, and only these methods need it

            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                self.result = bootstrap(
                    tuple(np.arange(len(c)) for c in self.cells),
                    self.statistic,
                    vectorized=True,
                    axis=-1,
                    n_resamples=0 if self.result else self.n_resamples,
                    bootstrap_result=self.result,
                    confidence_level=1 - 2 * k / (self.n_resamples + 1),
                    method=self.method,
                    rng=self.rng,
                )
            low, high = self.result.confidence_interval
            self.seen[k] = (
                -inf if np.isnan(low) else float(low),
                inf if np.isnan(high) else float(high),
            )
        return self.seen[k]

    def smallest(self, excludes: Callable[[float, float], bool]) -> float:
        """Smallest level, in steps of 1 / (R + 1), at which the interval `excludes` the threshold,
        by bisection, as intervals nest.
        """
        most = self.n_resamples + 1
        above, below = most, 0  # in units of 1 / (R + 1)
        while above - below > 1:
            k = (above + below) // 2
            # an interval of zero confidence excludes everything
            if 2 * k >= most or excludes(*self.at(k)):
                above = k
            else:
                below = k
        return above / most
