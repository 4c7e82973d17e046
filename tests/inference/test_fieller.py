"""Fractions: Fieller's interval where it is known in closed form, error rates near a zero
denominator, and what else must stay true.
"""

from __future__ import annotations

import warnings
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq
from scipy.stats import binomtest

from claims.inference import Atom, Sample, Verdict, decide
from claims.inference.decision import judge_worlds
from claims.inference.worlds import ESTIMATIONS, WORLDS


@pytest.fixture
def fraction(linear, ratio):
    num, den = linear(1, 0), linear(0, 1)

    def atom(**ends):
        return Atom(ratio, **ends, nonzero=(den,), fraction=(num, den))

    return atom


def judge(cells, atom, **options):
    return decide(Sample(cells), [atom], rng=np.random.default_rng(0), **options)


def test_interval_holds_the_thresholds_that_a_t_test_of_the_difference_does_not_reject(fraction):
    x = np.random.default_rng(1).normal([2, 1], 0.8, (14, 2))
    atom = judge((x,), fraction(lower=0), method="t").atoms[0]

    def excess(c, sign):
        return stats.ttest_1samp(x[:, 0] - c * x[:, 1], 0).statistic - sign * stats.t.ppf(0.975, 13)

    for end, sign, bracket in (
        (atom.low, 1, (-5, atom.estimate)),
        (atom.high, -1, (atom.estimate, 50)),
    ):
        assert end == pytest.approx(brentq(excess, *bracket, args=(sign,)), rel=1e-6)
    p = stats.ttest_1samp(x[:, 0] - 1.2 * x[:, 1], 0, alternative="greater").pvalue
    assert judge((x,), fraction(lower=1.2), method="t").p_value == pytest.approx(p, abs=1.1e-4)


def test_a_negative_denominator_turns_the_direction_round(fraction):
    x = np.random.default_rng(2).normal([2, 1], 0.5, (14, 2))
    a, b = (judge((x * s,), fraction(lower=1.5), method="t") for s in (1, -1))
    assert (a.atoms[0].low, a.atoms[0].high, a.p_value) == pytest.approx(
        (b.atoms[0].low, b.atoms[0].high, b.p_value)
    )


def test_far_from_zero_it_is_the_delta_methods_interval(linear, ratio, fraction):
    x = np.random.default_rng(3).normal([2, 100], 1, (20, 2))
    fieller = judge((x,), fraction(lower=0)).atoms[0]
    delta = judge((x,), Atom(ratio, lower=0, nonzero=(linear(0, 1),))).atoms[0]
    assert (fieller.low, fieller.high) == pytest.approx((delta.low, delta.high), rel=0.01)


@pytest.mark.parametrize("errors", [1.2, 2.0, 3.0, 4.0, 6.0])
def test_false_support_is_nominal_however_near_zero_the_denominator(errors, fraction):
    """Independent terms, ratio 0.7, n = 16. Divided, these worlds err 3 to 5 % on one side; 2,000
    worlds, at one in a thousand.
    """
    wrong, rng = np.zeros(2), np.random.default_rng(4)
    for _ in range(20):
        cells = [np.array([0.7, 1.0]) * errors / sqrt(16) + rng.standard_normal((100, 16, 2))]
        for side, ends in enumerate(({"lower": 0.7}, {"upper": 0.7})):
            judged = judge_worlds(
                cells,
                [fraction(**ends)],
                confidence=0.95,
                method="bootstrap-t",
                n_resamples=499,
                rng=rng,
            )
            wrong[side] += judged.supported.sum()
    for count in wrong:
        assert binomtest(int(count), 2000, 0.03, alternative="greater").pvalue > 1e-3


def test_without_a_fraction_a_denominator_must_be_clear_of_zero(linear, ratio, fraction):
    z = stats.norm.ppf((np.arange(16) + 0.5) / 16)
    # 3.6 standard errors, where 2.1 shows the sign
    x = np.c_[np.full(16, 1.0) + 0.2 * np.roll(z, 5), 0.9 + z / z.std(ddof=1)]
    assert "denominator" in judge((x,), Atom(ratio, lower=-50, nonzero=(linear(0, 1),))).reason
    assert judge((x,), fraction(lower=-50)).verdict is Verdict.SUPPORTED


@pytest.mark.parametrize("errors", [2.0, 3.0, 5.0])
def test_where_no_fraction_is_given_the_guard_keeps_false_support_down(errors, linear, ratio):
    """The same worlds, divided: a guard that only asks for the sign lets through more, about 4 % at
    three standard errors.
    """
    wrong, rng = 0, np.random.default_rng(6)
    for _ in range(20):
        cells = [np.array([0.7, 1.0]) * errors / sqrt(16) + rng.standard_normal((200, 16, 2))]
        atom = Atom(ratio, upper=0.7, nonzero=(linear(0, 1),))
        wrong += judge_worlds(
            cells, [atom], confidence=0.95, method="bootstrap-t", n_resamples=499, rng=rng
        ).supported.sum()
    assert binomtest(int(wrong), 4000, 0.035, alternative="greater").pvalue > 1e-3


def test_calibration_has_a_design_with_a_denominator_near_zero():
    design = next(d for d in ESTIMATIONS if "near" in d.name or "three standard errors" in d.name)
    (cells,) = design.cells(WORLDS[0], np.random.default_rng(0), 4000, 16)
    den = cells[..., 1]
    assert den.mean() / (den.std(axis=1, ddof=1).mean() / 4) == pytest.approx(3, rel=0.05)
    assert cells[..., 0].mean() / den.mean() == pytest.approx(design.truth, rel=0.02)
    assert design.above(0.5).fraction is not None


values = st.one_of(
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.integers(-3, 3).map(float),
    st.sampled_from([0.0, 1e-300, 1e100, -1e100]),
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(values, min_size=16, max_size=16),
    st.floats(-10, 10),
    st.floats(0.01, 10),
    st.sampled_from(["bootstrap-t", "studentized", "t"]),
)
def test_verdict_interval_and_p_agree_and_no_nan_escapes(
    linear, ratio, numbers, lower, width, method
):
    atom = Atom(
        ratio, lower, lower + width, nonzero=(linear(0, 1),), fraction=(linear(1, 0), linear(0, 1))
    )
    for cells in (
        (np.reshape(numbers, (8, 2)),),
        (np.reshape(numbers[:8], (8, 1)), np.reshape(numbers[8:], (8, 1))),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            d = judge(cells, atom, method=method, n_resamples=199)
        (a,) = d.atoms
        assert not np.isnan([a.low, a.high, a.p_value, a.p_refute]).any() and a.low <= a.high
        assert (
            (d.verdict is Verdict.SUPPORTED)
            == (a.low > lower and a.high < lower + width)
            == (a.p_value <= 0.025)
        )
        assert d.verdict is not Verdict.REFUTED or a.low > lower + width or a.high < lower


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.integers(0, 10**6),
    st.lists(st.floats(0.5, 0.97), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_intervals_nest_in_confidence(linear, ratio, seed, confidences):
    x = np.random.default_rng(seed).gamma(1.0, size=(9, 2)) - [0, 0.2]
    atom = Atom(ratio, lower=0, fraction=(linear(1, 0), linear(0, 1)))
    narrow, wide = (judge((x,), atom, confidence=c, n_resamples=199).atoms[0] for c in confidences)
    assert wide.low <= narrow.low and narrow.high <= wide.high


def test_one_sided_ends_stay_open(fraction):
    """Where the denominator is shown off zero but not by enough for one end, that end is infinite
    and excludes nothing.
    """
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(60):
        a = judge(
            (rng.exponential(size=(8, 2)) - [0.0, 0.25],), fraction(lower=-1e9), n_resamples=399
        ).atoms[0]
        seen.add((np.isfinite(a.low), np.isfinite(a.high)))
        assert (
            a.verdict is Verdict.SUPPORTED
            if np.isfinite(a.low)
            else a.verdict is Verdict.INCONCLUSIVE
        )
    assert len(seen) > 1
