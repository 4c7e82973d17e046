"""Resamples and their standard errors against loops over the definition."""

from __future__ import annotations

import numpy as np
import pytest

from claims.inference import resampling
from claims.inference.resampling import Draws, canonical, weights


def test_weights_are_whole_replicates_drawn_with_replacement():
    w = weights(7, 4000, np.random.default_rng(0))
    assert w.shape == (4000, 7)
    assert (w.sum(axis=1) == 7).all() and (w == np.round(w)).all()
    # each count is binomial(7, 1/7): mean 1, variance 6/7; 28,000 counts
    assert abs(w.var() - 6 / 7) < 5 * np.sqrt(2 / 28_000)


def test_blocks_draw_the_same_numbers_as_the_whole(monkeypatch):
    whole = weights(7, 100, np.random.default_rng(0))
    for size in (1, 20, 50):
        monkeypatch.setattr(resampling, "IN_CACHE", size)
        assert (weights(7, 100, np.random.default_rng(0)) == whole).all()


def test_canonical_order_is_lexical_in_every_world():
    cell = np.random.default_rng(1).integers(0, 3, (5, 9, 2)).astype(float)
    for world, ordered in zip(cell, canonical(cell), strict=True):
        assert sorted(map(tuple, world)) == [tuple(r) for r in ordered]


@pytest.mark.parametrize("estimand", ["linear", "ratio"])
def test_variances_are_those_of_each_resample(estimand, linear, ratio):
    rng = np.random.default_rng(2)
    cells = [rng.gamma(4, size=(2, 6, 1)), rng.gamma(4, size=(2, 9, 2))]
    draws = Draws(cells, 50, np.random.default_rng(3))
    function = linear(1, -2, 0.5) if estimand == "linear" else lambda m: _padded(ratio(m[..., 1:]))
    _, gradient = function(draws.means)
    got = draws.variances(gradient, np.full((2, 2), 1e-30))
    ordered = [canonical(c) for c in cells]
    counts = [np.rint(w * n).astype(int) for w, n in zip(draws.weights, (6, 9), strict=True)]
    for r in range(50):
        for b in range(2):
            rows = [np.repeat(c[b], k[r], axis=0) for c, k in zip(ordered, counts, strict=True)]
            means = np.concatenate([x.mean(axis=0) for x in rows])
            np.testing.assert_allclose(draws.means[r, b], means)
            g = function(means)[1]
            parts = (rows[0] @ g[:1], rows[1] @ g[1:])
            np.testing.assert_allclose(
                got[r, b], sum(p.var(ddof=1) / len(p) for p in parts), rtol=1e-8, atol=1e-12
            )


def test_one_valued_resample_gets_the_floor(linear):
    draws = Draws(
        [np.array([[[14.0]] * 5 + [[15.0]]]).reshape(1, 6, 1)], 2000, np.random.default_rng(0)
    )
    _, gradient = linear(1)(draws.means)
    variances = draws.variances(gradient, np.array([[1 / 42]]))
    same = np.isin(draws.means[:, 0, 0], (14.0, 15.0))
    assert same.any() and np.allclose(variances[same], 1 / 42)
    assert (variances[~same] > 1 / 42).all()


def _padded(valued):
    value, gradient = valued
    return value, np.concatenate([np.zeros((*gradient.shape[:-1], 1)), gradient], axis=-1)
