"""Joint resamples of whole replicates: weights, means and delta-method variances, for many worlds
at once.

Axes: R resamples, B worlds (1 when judging; thousands when calibrating), C cells, n_c replicates of
a cell, T terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from claims.inference.types import Estimand

# draws counted at once: two thousand replicates are counted ten times as fast as all at once
IN_CACHE = 2**16


def weights(n: int, n_resamples: int, rng: np.random.Generator) -> np.ndarray:
    """How often each of n replicates is drawn, (R, n)."""
    counts, rows = np.empty((n_resamples, n)), max(1, IN_CACHE // n)
    offsets = n * np.arange(rows)[:, None]
    for start in range(0, n_resamples, rows):  # in blocks, which draw the same numbers as the whole
        block = counts[start : start + rows]
        drawn = rng.integers(0, n, size=block.shape)
        drawn += offsets[: len(block)]
        block[:] = np.bincount(drawn.ravel(), minlength=block.size).reshape(block.shape)
    return counts


def canonical(cell: np.ndarray) -> np.ndarray:
    """The cell's rows in lexical order, (B, n, T), so that the resamples, too, do not depend on the
    order of the seeds.
    """
    keys = np.moveaxis(cell, -1, 0)[::-1]
    order = np.lexsort(keys, axis=-1)
    return np.take_along_axis(cell, order[..., None], axis=1)


def evaluate(estimand: Estimand, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value (...,) and gradient (..., T) of an estimand at `means` (..., T), as float64 of full
    shape.
    """
    with np.errstate(all="ignore"):
        value, gradient = estimand(means)
    value = np.broadcast_to(np.asarray(value, dtype=float), means.shape[:-1])
    return value, np.broadcast_to(np.asarray(gradient, dtype=float), means.shape)


class Draws:
    """The joint resamples of a claim's sample.

    centre: (B, T) means; means: (R, B, T) resampled means; sizes: n_c of each cell; largest: (B, T)
    absolute values. Deviations from the centre are kept, not the values, so that second moments do
    not cancel.
    """

    def __init__(
        self, cells: Sequence[np.ndarray], n_resamples: int, rng: np.random.Generator
    ) -> None:
        """cells: (B, n_c, T_c) each."""
        ordered = [canonical(np.asarray(c, dtype=float)) for c in cells]
        self.sizes = tuple(c.shape[1] for c in ordered)
        self.n_resamples, self.rng = n_resamples, rng
        edges = np.cumsum([0, *(c.shape[2] for c in ordered)])
        self.slices = tuple(slice(a, b) for a, b in itertools.pairwise(edges))
        self.centre = np.concatenate([c.mean(axis=1) for c in ordered], axis=1)
        self.deviations = tuple(c - c.mean(axis=1, keepdims=True) for c in ordered)
        self.largest = np.concatenate([np.abs(c).max(axis=1) for c in ordered], axis=1)
        self.weights = tuple(weights(n, n_resamples, rng) / n for n in self.sizes)
        self._moments: dict[tuple[int, int, int], np.ndarray] = {}
        # (R, B, T)
        self.shifts = np.concatenate(
            [_weighted(w, d) for w, d in zip(self.weights, self.deviations, strict=True)], axis=2
        )
        self.means = self.centre + self.shifts

    def influence(self, gradient: np.ndarray) -> list[np.ndarray]:
        """Each replicate's influence on the estimate, gradient (B, T) times its deviation: per cell
        (B, n_c).
        """
        return [
            np.einsum("bnt,bt->bn", d, gradient[:, s])
            for d, s in zip(self.deviations, self.slices, strict=True)
        ]

    def variances(self, gradient: np.ndarray, floors: np.ndarray) -> np.ndarray:
        """Squared standard error inside each resample, (R, B), from its gradient (R, B, T).

        floors (B, C) stands in where a resample drew one value of a cell only, so that its spread
        is zero.
        """
        total = np.zeros(gradient.shape[:2])
        fixed = bool((gradient == gradient[:1]).all())
        for c, n in enumerate(self.sizes):
            spread = self._linear(c, gradient[0]) if fixed else self._quadratic(c, gradient)
            spread /= n - 1
            total += np.where(spread <= 1e-9 * floors[:, c], floors[:, c], spread)
        return total

    def _linear(self, c: int, gradient: np.ndarray) -> np.ndarray:
        """Spread of cell c in each resample, (R, B), where all resamples have one gradient
        (B, T).
        """
        influence = np.einsum("bnt,bt->nb", self.deviations[c], gradient[:, self.slices[c]])
        return self.weights[c] @ influence**2 - (self.weights[c] @ influence) ** 2

    def _quadratic(self, c: int, gradient: np.ndarray) -> np.ndarray:
        """Spread of cell c in each resample, (R, B), from each one's gradient (R, B, T)."""
        g, shift = gradient[..., self.slices[c]], self.shifts[..., self.slices[c]]
        used = [t for t in range(g.shape[-1]) if g[..., t].any()]
        spread = -(sum((g[..., t] * shift[..., t] for t in used), np.zeros(g.shape[:2])) ** 2)
        for i, a in enumerate(used):
            for b in used[i:]:
                spread += (1 if a == b else 2) * g[..., a] * g[..., b] * self._moment(c, a, b)
        return spread

    def _moment(self, c: int, a: int, b: int) -> np.ndarray:
        """Mean product of two terms' deviations in each resample, (R, B)."""
        if (c, a, b) not in self._moments:
            d = self.deviations[c]
            self._moments[c, a, b] = self.weights[c] @ (d[..., a] * d[..., b]).T
        return self._moments[c, a, b]


def _weighted(w: np.ndarray, d: np.ndarray) -> np.ndarray:
    """(R, n) weights times (B, n, T) deviations -> (R, B, T)."""
    worlds, n, terms = d.shape
    return (w @ d.transpose(1, 0, 2).reshape(n, worlds * terms)).reshape(len(w), worlds, terms)
