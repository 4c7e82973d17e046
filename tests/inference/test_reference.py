"""The reference distribution: t where the data give no reason to differ, shifted where they are
skewed.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from claims.inference import InferenceError, reference


def test_narrow_pivots_become_t():
    pivots = np.linspace(-1, 1, 999)[None]
    got = reference.guarded(pivots, np.array([7.0]))
    np.testing.assert_allclose(
        got[0], stats.t.ppf(np.arange(1, 1000) / 1000, 7), rtol=1e-9, atol=1e-9
    )


def test_wide_pivots_without_asymmetry_become_t_too():
    pivots = 50 * np.linspace(-1, 1, 999)[None]
    got = reference.guarded(pivots, np.array([7.0]))
    np.testing.assert_allclose(
        got[0], stats.t.ppf(np.arange(1, 1000) / 1000, 7), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize(("skew", "believed"), [(0.5, 1.0), (0.3, 1.0), (0.15, 0.5), (0.03, 0.1)])
def test_extra_spread_is_believed_as_far_as_there_is_asymmetry(skew, believed):
    t = stats.t.ppf(np.arange(1, 1000) / 1000, 7)
    got = reference.guarded((1.5 * t + skew * np.abs(t))[None], np.array([7.0]))[0]
    np.testing.assert_allclose(got, (1 + 0.5 * believed) * t + skew * np.abs(t), atol=1e-12)


def test_less_of_a_shift_is_kept_of_larger_samples():
    t = stats.t.ppf(np.arange(1, 1000) / 1000, 31)
    got = reference.guarded((t + 0.2 * np.abs(t))[None], np.array([31.0]))[0]
    np.testing.assert_allclose(got, t + 0.2 * (0.4 + 5 / 32) * np.abs(t), atol=1e-12)


def test_bounds_come_no_nearer_than_a_share_of_ts():
    t = stats.t.ppf(np.arange(1, 1000) / 1000, 7)
    got = reference.guarded((t + 1.0)[None], np.array([7.0]))[0]
    assert got[24] == pytest.approx(0.85 * t[24]) and got[974] == pytest.approx(t[974] + 1)


def test_bound_and_p_value_meet():
    table = np.sort(np.random.default_rng(0).standard_normal((1, 199)))
    up, down = reference.bounds(table, 0.025)  # 5 of 200
    assert reference.p_above(table, up + 1e-6) == 5 / 200
    assert reference.p_above(table, up) == 6 / 200
    assert reference.p_below(table, down - 1e-6) == 5 / 200
    assert reference.p_below(table, down) == 6 / 200


def test_too_few_resamples_for_the_level():
    with pytest.raises(InferenceError, match=r"`n_resamples` = 30 .* at least 39"):
        reference.rank(0.025, 30)
    assert reference.rank(0.025, 39) == 1
