"""One atom: intervals and p-values against reference implementations, and data on which it cannot
be judged.
"""

from __future__ import annotations

from math import inf, isfinite

import numpy as np
import pytest
from scipy import stats

from claims.inference import Atom, Sample, Verdict
from claims.inference.decision import judge_worlds
from tests.support.decisions import judge

LEVEL = 0.025


def test_t_is_scipys(linear):
    x = np.random.default_rng(0).normal(1, 2, (11, 1))
    atom = judge(Sample((x,)), [Atom(linear(1), lower=0)], method="t").atoms[0]
    test = stats.ttest_1samp(x[:, 0], 0, alternative="greater")
    interval = stats.ttest_1samp(x[:, 0], 0).confidence_interval(0.95)
    assert (atom.low, atom.high) == pytest.approx((interval.low, interval.high), rel=1e-6)
    # p-values come in steps of 1 / 10,000
    assert atom.p_value == pytest.approx(test.pvalue, abs=1.1e-4)


def test_t_on_independent_cells_is_welchs(linear):
    rng = np.random.default_rng(1)
    x, y = rng.normal(1, 1, (7, 1)), rng.normal(0, 3, (12, 1))
    atom = judge(Sample((x, y)), [Atom(linear(1, -1), lower=0)], method="t").atoms[0]
    welch = stats.ttest_ind(x[:, 0], y[:, 0], equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert (atom.low, atom.high) == pytest.approx((interval.low, interval.high), rel=1e-6)
    assert 2 * min(atom.p_value, 1 - atom.p_value) == pytest.approx(welch.pvalue, abs=3e-4)


def test_studentized_agrees_with_arch(ratio):
    """arch computes its own standard errors: given the same formula, bounds agree within the error
    of 9,999 resamples.
    """
    from arch.bootstrap import IIDBootstrap

    x = np.random.default_rng(2).gamma(3, size=(15, 2)) + np.array([0, 1])

    def error(estimate, data):
        gradient = ratio(data.mean(axis=0))[1]
        return np.atleast_2d(np.sqrt((data @ gradient).var(ddof=1) / len(data)))

    theirs = IIDBootstrap(x, seed=np.random.default_rng(3)).conf_int(
        lambda d: np.atleast_1d(ratio(d.mean(axis=0))[0]),
        9999,
        method="studentized",
        std_err_func=error,
    )
    ours = [
        judge(Sample((x,)), [Atom(ratio, lower=0)], seed, method="studentized").atoms[0]
        for seed in range(20)
    ]
    lows, highs = np.array([(a.low, a.high) for a in ours]).T
    # one run of theirs against the mean of 20 of ours: 5 of our own standard deviations, which
    # measure one run's error
    assert abs(theirs[0, 0] - lows.mean()) < 5 * lows.std()
    assert abs(theirs[1, 0] - highs.mean()) < 5 * highs.std()


@pytest.mark.parametrize(("method", "name"), [("bca", "BCa"), ("percentile", "percentile")])
def test_scipys_bootstrap_is_reached_through_decide(method, name, linear):
    x = np.random.default_rng(4).exponential(size=(12, 1))
    atom = judge(Sample((x,)), [Atom(linear(1), lower=0)], method=method).atoms[0]
    theirs = [
        stats.bootstrap(
            (x[:, 0],), np.mean, method=name, rng=np.random.default_rng(s)
        ).confidence_interval
        for s in range(10)
    ]
    lows, highs = np.array([(i.low, i.high) for i in theirs]).T
    assert abs(atom.low - lows.mean()) < 5 * lows.std()
    assert abs(atom.high - highs.mean()) < 5 * highs.std()


def test_default_is_never_narrower_than_t(linear):
    rng = np.random.default_rng(5)
    for _ in range(20):
        sample = Sample((rng.standard_t(3, (8, 1)),))
        ours, t = (
            judge(sample, [Atom(linear(1), lower=0)], method=m).atoms[0]
            for m in ("bootstrap-t", "t")
        )
        assert ours.high - ours.low >= (t.high - t.low) * (1 - 1e-9)


def test_all_equal_is_inconclusive_and_says_so(linear):
    d = judge(Sample((np.full((10, 1), 14.0),)), [Atom(linear(1), upper=20)])
    assert d.verdict is Verdict.INCONCLUSIVE and "degenerate" in d.reason and d.seeds_needed is None
    assert not isfinite(d.atoms[0].high - d.atoms[0].low) and d.p_value == 1


def test_pairs_with_a_constant_difference_are_degenerate_despite_rounding(linear):
    x = np.random.default_rng(0).random(12)
    assert (
        "degenerate" in judge(Sample((np.c_[x + 0.1, x],)), [Atom(linear(1, -1), lower=0)]).reason
    )


@pytest.mark.parametrize("n_constant", [3, 6, 10])
def test_constant_cell_beside_a_varying_one(n_constant, linear):
    """14, 14, 14 is not known without error: the fewer of them, the weaker the evidence; Fisher's
    exact test is the yardstick.
    """
    sample = Sample((np.full((n_constant, 1), 14.0), np.array([[14.0]] * 5 + [[15.0]] * 5)))
    p = judge(sample, [Atom(linear(1, -1), upper=0)]).p_value
    fisher = stats.fisher_exact([[n_constant, 0], [5, 5]], alternative="greater").pvalue
    assert fisher / 4 < p < 1.5 * fisher
    far = Sample((np.full((n_constant, 1), 14.0), np.array([[24.0]] * 5 + [[25.0]] * 5)))
    assert judge(far, [Atom(linear(1, -1), upper=0)]).verdict is Verdict.SUPPORTED


def test_one_odd_value_does_not_make_the_interval_explode(linear):
    atom = judge(Sample((np.array([[14.0]] * 9 + [[15.0]]),)), [Atom(linear(1), upper=15)]).atoms[0]
    t = judge(
        Sample((np.array([[14.0]] * 9 + [[15.0]]),)), [Atom(linear(1), upper=15)], method="t"
    ).atoms[0]
    assert (t.high - t.low) * (1 - 1e-9) <= atom.high - atom.low < 2 * (t.high - t.low)


def test_ratio_with_a_denominator_near_zero_is_unbounded(linear, ratio):
    x = np.random.default_rng(1).normal([1, 0.05], 1, (12, 2))
    d = judge(Sample((x,)), [Atom(ratio, lower=-100, nonzero=(linear(0, 1),))])
    assert d.verdict is Verdict.INCONCLUSIVE and "denominator" in d.reason
    assert (d.atoms[0].low, d.atoms[0].high) == (-inf, inf)


def test_p_value_is_no_surer_than_that_of_the_denominator(linear, ratio):
    """At a level at which the denominator is not shown off zero the claim is not supported, however
    far its own threshold.
    """
    z = stats.norm.ppf((np.arange(12) + 0.5) / 12)
    x = np.c_[np.roll(z, 5), 0.85 + z]
    atom = Atom(ratio, lower=-1e6, nonzero=(linear(0, 1),), fraction=(linear(1, 0), linear(0, 1)))
    p = judge(Sample((x,)), [atom]).p_value
    assert p == judge(Sample((x[:, 1:],)), [Atom(linear(1), lower=0)]).p_value and 1e-4 < p <= LEVEL
    assert judge(Sample((x,)), [atom], confidence=1 - 1.9 * p).verdict is Verdict.INCONCLUSIVE


def test_fold_needs_both_sides_positive(linear, log_ratio):
    x = np.random.default_rng(1).normal([10, 0.1], 1, (12, 2))
    d = judge(Sample((x,)), [Atom(log_ratio, lower=0, positive=(linear(1, 0), linear(0, 1)))])
    assert d.verdict is Verdict.INCONCLUSIVE and "positive" in d.reason


def test_positive_by_nature_passes_the_guard_however_skewed(linear, log_ratio):
    x = np.exp(np.random.default_rng(3).normal(0, 1.5, (8, 2))) * [1000, 1]
    d = judge(Sample((x,)), [Atom(log_ratio, lower=0, positive=(linear(1, 0), linear(0, 1)))])
    assert isfinite(d.atoms[0].low)


@pytest.mark.parametrize(
    ("n", "confidence", "enough"),
    [(5, 0.95, False), (6, 0.95, True), (7, 0.99, False), (8, 0.99, True)],
)
def test_too_few_replicates_for_the_confidence(n, confidence, enough, linear):
    x = np.random.default_rng(0).normal(100, 1, (n, 1))
    d = judge(Sample((x,)), [Atom(linear(1), lower=0)], confidence=confidence)
    assert (d.verdict is Verdict.SUPPORTED) == enough
    assert enough or ("too few" in d.reason and d.seeds_needed > n)


@pytest.mark.parametrize("sizes", [(2, 20), (2, 40), (40, 2)])
def test_two_replicates_beside_many_are_too_few(sizes, linear):
    rng = np.random.default_rng(0)
    d = judge(
        Sample([rng.normal(m, 1, (n, 1)) for m, n in zip((100, 0), sizes, strict=True)]),
        [Atom(linear(1, -1), lower=0)],
    )
    assert d.verdict is Verdict.INCONCLUSIVE
    assert "each condition needs at least 3" in d.reason
    assert d.seeds_needed > max(sizes)


@pytest.mark.parametrize("sizes", [(3, 20), (4, 20), (3, 6)])
def test_tiny_cells_beside_large_ones_err_no_more_than_promised(sizes, linear):
    """Welch's own degrees of freedom give 3.8 % at 3 against 20. 4,000 worlds in both directions,
    at one in a thousand.
    """
    wrong, rng = 0, np.random.default_rng(1)
    for _ in range(20):
        cells = [rng.standard_normal((200, n, 1)) for n in sizes]
        wrong += judge_worlds(
            cells,
            [Atom(linear(1, -1), lower=0)],
            confidence=0.95,
            method="bootstrap-t",
            n_resamples=199,
            rng=rng,
        ).supported.sum()
    assert stats.binomtest(int(wrong), 4000, 0.03, alternative="greater").pvalue > 1e-3


def test_three_against_three_can_be_decided(linear):
    rng = np.random.default_rng(0)
    d = judge(
        Sample((rng.normal(100, 1, (3, 1)), rng.normal(0, 1, (5, 1)))),
        [Atom(linear(1, -1), lower=0)],
    )
    assert d.verdict is Verdict.SUPPORTED


@pytest.mark.parametrize("sizes", [(2000,), (700, 700)], ids=["paired", "independent"])
def test_thousands_of_seeds_are_not_too_many(sizes, linear):
    rng = np.random.default_rng(3)
    cells = tuple(rng.normal(1, 1, (n, 1)) for n in sizes)
    found = judge(
        Sample(cells),
        [Atom(linear(*([1] if len(cells) == 1 else [1, 1])), lower=0)],
        n_resamples=999,
    )
    assert found.verdict is Verdict.SUPPORTED


def test_one_seed_is_too_few_not_a_crash(linear):
    d = judge(Sample((np.ones((1, 2)),)), [Atom(linear(1, -1), upper=1)])
    assert d.verdict is Verdict.INCONCLUSIVE and "too few" in d.reason and d.seeds_needed == 6
