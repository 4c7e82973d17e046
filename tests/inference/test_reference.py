"""The reference distribution: t where the data give no reason to differ, shifted where they are skewed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from claims.inference import InferenceError, reference


def test_narrow_pivots_become_t():
    pivots = np.linspace(-1, 1, 999)[None]
    got = reference.guarded(pivots, np.array([7.0]))
    np.testing.assert_allclose(got[0], stats.t.ppf(np.arange(1, 1000) / 1000, 7), rtol=1e-9, atol=1e-9)


def test_wide_pivots_stay():
    pivots = 50 * np.linspace(-1, 1, 999)[None]
    np.testing.assert_allclose(reference.guarded(pivots, np.array([30.0]))[0, :450], pivots[0, :450])


def test_part_of_a_shift_is_kept():
    pivots = 50 * np.linspace(-1, 1, 999)[None]
    got = reference.guarded(pivots + 3, np.array([7.0]))
    np.testing.assert_allclose((got - reference.guarded(pivots, np.array([7.0])))[0, :450], 3 * 0.85)
    assert reference.skew_share(np.array([31.0])) == pytest.approx(0.5875)


def test_bound_and_p_value_meet():
    table = np.sort(np.random.default_rng(0).standard_normal((1, 199)))
    up, down = reference.bounds(table, 0.025)  # 5 of 200
    assert reference.p_above(table, up + 1e-6) == 5 / 200 and reference.p_above(table, up) == 6 / 200
    assert reference.p_below(table, down - 1e-6) == 5 / 200 and reference.p_below(table, down) == 6 / 200


def test_too_few_resamples_for_the_level():
    with pytest.raises(InferenceError, match="`n_resamples` = 30 .* at least 39"):
        reference.rank(0.025, 30)
    assert reference.rank(0.025, 39) == 1
