"""`decide`: agreement with reference implementations, properties on arbitrary input, bad input."""

from __future__ import annotations

import warnings
from math import inf, isfinite

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from claims.inference import METHODS, Atom, Cause, InferenceError, Sample, Verdict, decide
from claims.inference.decision import judge_worlds

LEVEL = 0.025


def _log_of_first(means):
    with np.errstate(all="ignore"):
        slope = np.stack([1 / means[..., 0], np.zeros(means.shape[:-1])], axis=-1)
        return np.log(means[..., 0]), slope


def judge(sample, atoms, seed=0, **options):
    return decide(sample, atoms, rng=np.random.default_rng(seed), **options)


def test_t_is_scipys(linear):
    x = np.random.default_rng(0).normal(1, 2, (11, 1))
    atom = judge(Sample((x,)), [Atom(linear(1), lower=0)], method="t").atoms[0]
    test = stats.ttest_1samp(x[:, 0], 0, alternative="greater")
    interval = stats.ttest_1samp(x[:, 0], 0).confidence_interval(0.95)
    assert (atom.low, atom.high) == pytest.approx((interval.low, interval.high), rel=1e-6)
    assert atom.p_value == pytest.approx(
        test.pvalue, abs=1.1e-4
    )  # p-values come in steps of 1 / 10,000


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


# --- discrete, degenerate and unbounded


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
    assert (
        d.verdict is Verdict.INCONCLUSIVE
        and "each condition needs at least 3" in d.reason
        and d.seeds_needed > max(sizes)
    )


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


# --- conjunctions


def test_two_thresholds_are_two_one_sided_tests(linear):
    x = np.random.default_rng(0).normal(0, 1, (20, 1))
    sample = Sample((x,))
    both = judge(sample, [Atom(linear(1), -1, 1)])
    ones = [
        judge(sample, [a]).p_value for a in (Atom(linear(1), lower=-1), Atom(linear(1), upper=1))
    ]
    assert both.p_value == max(ones)


def test_headline_is_the_weakest_atom_and_the_false_one_refutes(linear):
    x = np.random.default_rng(0).normal([5, 1, -3], 1, (16, 3))
    atoms = [Atom(linear(*row), lower=0) for row in np.eye(3)]
    d = judge(Sample((x,)), atoms)
    assert d.verdict is Verdict.REFUTED and d.headline == 2
    assert [a.verdict.value for a in d.atoms] == ["supported", "supported", "refuted"]
    assert judge(Sample((x,)), atoms[:2]).headline == 1


# --- causes


def test_every_cause_of_an_inconclusive_claim_has_its_code(linear, ratio, log_ratio):
    rng = np.random.default_rng(0)
    x, near = rng.normal([5, 1], 1, (12, 2)), rng.normal([1, 0.05], 1, (12, 2))
    found = {
        Cause.TOO_FEW: judge(Sample((x[:4],)), [Atom(linear(1, 0), lower=0)]),
        Cause.UNDEFINED: judge(Sample((-x,)), [Atom(_log_of_first, lower=0)]),
        Cause.DEGENERATE: judge(Sample((np.ones((9, 1)),)), [Atom(linear(1), lower=0)]),
        Cause.NOT_POSITIVE: judge(
            Sample((np.abs(near),)), [Atom(linear(1, 0), lower=0, positive=(linear(-1, 0),))]
        ),
        Cause.UNBOUNDED: judge(Sample((near,)), [Atom(ratio, lower=-100, nonzero=(linear(0, 1),))]),
        Cause.UNDECIDED: judge(Sample((x,)), [Atom(linear(1, 0), lower=5)]),
    }
    for cause, decision in found.items():
        assert decision.cause is decision.atoms[0].cause is cause
        assert decision.reason.startswith(cause.sentence)


def test_what_only_correction_leaves_open_has_its_code(linear):
    """An atom that is beyond its threshold by itself, beside nine others that are not."""
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, (12, 10))
    x[:, 0] += -0.75 - x[:, 0].mean()
    d = judge(Sample((x,)), [Atom(linear(*row), lower=0) for row in np.eye(10)])
    first = d.atoms[0]
    assert first.high < 0 and first.verdict is Verdict.INCONCLUSIVE
    assert first.cause is Cause.NOT_AFTER_CORRECTION
    assert first.reason == Cause.NOT_AFTER_CORRECTION.sentence


def test_a_decided_claim_has_no_cause(linear):
    x = np.random.default_rng(0).normal(5, 1, (12, 1))
    for ends in ({"lower": 0}, {"upper": 0}):
        d = judge(Sample((x,)), [Atom(linear(1), **ends)])
        assert (d.cause, d.reason, d.atoms[0].cause, d.atoms[0].reason) == (None, "", None, "")


# --- bad input


@pytest.mark.parametrize("bad", [np.nan, inf, -inf])
def test_a_value_that_is_no_number_is_named(bad):
    x = np.zeros((4, 3))
    x[2, 1] = bad
    with pytest.raises(InferenceError, match=r"cell 0, replicate 2, term 1 is"):
        Sample((x,))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"confidence": 1.0}, "`confidence`"),
        ({"confidence": 0.0}, "`confidence`"),
        ({"method": "wishful"}, "`method`"),
        ({"n_resamples": 10}, "`n_resamples`"),
        ({"rng": 0}, "`rng`"),
        ({"atoms": []}, "`atoms`"),
    ],
)
def test_arguments_that_mean_nothing_are_refused_by_name(change, named, linear):
    given_ = {"atoms": [Atom(linear(1), lower=0)], "rng": np.random.default_rng(0)} | change
    with pytest.raises(InferenceError, match=named):
        decide(Sample((np.arange(8.0)[:, None],)), **given_)


@pytest.mark.parametrize("ends", [(1, 0), (0, 0), (np.nan, 1), (-inf, inf)])
def test_thresholds_that_test_nothing_are_refused(ends, linear):
    with pytest.raises(InferenceError):
        Atom(linear(1), *ends)


@pytest.mark.parametrize(
    "cell", [np.zeros(3), np.zeros((0, 2)), np.zeros((3, 0)), np.zeros((2, 2, 2))]
)
def test_cells_have_replicates_and_terms(cell):
    with pytest.raises(InferenceError, match="cell 0"):
        Sample((cell,))


# --- properties

numbers = st.one_of(
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.integers(-3, 3).map(float),
    st.sampled_from([0.0, 1e-300, 1e100, -1e100]),
)


@st.composite
def samples(draw, elements=numbers):
    shapes = draw(st.sampled_from([((8, 2),), ((6, 1), (9, 1)), ((3, 2),), ((12, 2),)]))
    return tuple(
        np.array(draw(st.lists(elements, min_size=n * t, max_size=n * t))).reshape(n, t)
        for n, t in shapes
    )


@st.composite
def wholes(draw):
    """Whole-number samples: sums are exact, so that equalities can be asked for."""
    return draw(samples(st.integers(-20, 20).map(float)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    samples(),
    st.floats(-10, 10),
    st.floats(0.01, 10),
    st.sampled_from(["difference", "ratio", "log_ratio"]),
)
def test_no_warning_and_no_nan_escapes(linear, ratio, log_ratio, cells, lower, width, kind):
    estimand = {"difference": linear(1, -1), "ratio": ratio, "log_ratio": log_ratio}[kind]
    atoms = [
        Atom(estimand, lower, lower + width, nonzero=(linear(0, 1),)),
        Atom(linear(1, 1), upper=lower),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d = judge(Sample(cells), atoms, n_resamples=199)
    for a in d.atoms:
        assert not np.isnan([a.low, a.high, a.p_value, a.p_refute]).any()
        assert 0 <= a.p_value <= 1 and 0 <= a.p_refute <= 1 and a.low <= a.high
        if a.verdict is Verdict.SUPPORTED:
            assert a.low < a.high, "no zero-width interval supports a claim"


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    wholes(),
    st.integers(-5, 5),
    st.integers(1, 9),
    st.sampled_from(["bootstrap-t", "studentized", "t"]),
)
def test_verdict_interval_and_p_agree(linear, cells, lower, width, method):
    atoms = [Atom(linear(1, -1), lower, lower + width), Atom(linear(1, 2), lower=lower)]
    d = judge(Sample(cells), atoms, method=method, n_resamples=399)
    for a, claimed in zip(d.atoms, atoms, strict=True):
        assert (
            (a.p_value <= LEVEL)
            == (a.low > claimed.lower and a.high < claimed.upper)
            == (a.verdict is Verdict.SUPPORTED)
        )
        if a.verdict is Verdict.REFUTED:
            assert a.low > claimed.upper or a.high < claimed.lower
    assert (
        (d.verdict is Verdict.SUPPORTED)
        == (d.p_value <= LEVEL)
        == all(a.verdict is Verdict.SUPPORTED for a in d.atoms)
    )
    assert (d.verdict is Verdict.REFUTED) == any(a.verdict is Verdict.REFUTED for a in d.atoms)
    alone = judge(Sample(cells), [Atom(linear(1, -1), lower=lower)], method=method, n_resamples=399)
    a = alone.atoms[0]
    assert (alone.verdict is Verdict.REFUTED) == (a.high < lower) == (a.p_refute <= LEVEL)


@pytest.mark.parametrize("method", ["bootstrap-t", "studentized", "t"])
def test_a_threshold_on_the_bound_itself_is_not_excluded(method, linear):
    """Equal but for rounding is where an interval and a p-value computed on their own would
    disagree.
    """
    rng = np.random.default_rng(10)
    for seed in range(40):
        sample = Sample((rng.normal(1 / 3, 1, (8, 1)),))
        bound = judge(
            sample, [Atom(linear(1), lower=0)], seed, method=method, n_resamples=199
        ).atoms[0]
        below, above = np.nextafter(bound.low, -inf), np.nextafter(bound.high, inf)
        for ends in (
            (bound.low, inf),
            (bound.high, inf),
            (-inf, bound.low),
            (-inf, bound.high),
            (below, inf),
            (-inf, above),
        ):
            a = judge(sample, [Atom(linear(1), *ends)], seed, method=method, n_resamples=199).atoms[
                0
            ]
            assert (
                (a.p_value <= LEVEL)
                == (a.low > ends[0] and a.high < ends[1])
                == (a.verdict is Verdict.SUPPORTED)
            )
            assert (
                (a.p_refute <= LEVEL)
                == (a.low > ends[1] or a.high < ends[0])
                == (a.verdict is Verdict.REFUTED)
            )
            assert bound.low not in ends or a.verdict is Verdict.INCONCLUSIVE, (
                "a bound does not exclude itself"
            )


@settings(max_examples=15, deadline=None, derandomize=True)
@given(wholes(), st.sampled_from(["bca", "percentile"]), st.integers(-5, 5))
def test_verdict_interval_and_p_agree_through_scipy(linear, cells, method, lower):
    a = judge(
        Sample(cells), [Atom(linear(1, -1), lower=lower)], method=method, n_resamples=99
    ).atoms[0]
    assert (a.p_value <= LEVEL) == (a.low > lower) == (a.verdict is Verdict.SUPPORTED)
    assert (a.p_refute <= LEVEL) == (a.high < lower) == (a.verdict is Verdict.REFUTED)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(wholes(), st.randoms(use_true_random=False))
def test_order_of_the_seeds_does_not_matter(linear, cells, shuffler):
    shuffled = tuple(c[shuffler.sample(range(len(c)), len(c))] for c in cells)
    atoms = [Atom(linear(1, -1), -1, 3), Atom(linear(2, 1), lower=0)]
    assert judge(Sample(cells), atoms, n_resamples=199) == judge(
        Sample(shuffled), atoms, n_resamples=199
    )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(wholes(), st.integers(-50, 50), st.sampled_from([0.25, 0.5, 2.0, 64.0]))
def test_shift_and_scale_carry_over(linear, cells, shift, scale):
    atoms = [Atom(linear(0.5, 0.5), -4, 3)]
    moved_atoms = [Atom(linear(0.5, 0.5), -4 * scale + shift, 3 * scale + shift)]
    d = judge(Sample(cells), atoms, n_resamples=199)
    moved = judge(Sample(tuple(c * scale + shift for c in cells)), moved_atoms, n_resamples=199)
    assert (moved.verdict, moved.p_value, moved.p_refute) == (d.verdict, d.p_value, d.p_refute)
    a, b = d.atoms[0], moved.atoms[0]
    assert (b.low, b.high) == pytest.approx(
        (a.low * scale + shift, a.high * scale + shift), rel=1e-9, abs=1e-7
    )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(wholes(), st.lists(st.floats(0.5, 0.97), min_size=2, max_size=2, unique=True).map(sorted))
def test_intervals_nest_in_confidence(linear, cells, confidences):
    narrow, wide = (
        judge(Sample(cells), [Atom(linear(1, -1), lower=0)], confidence=c, n_resamples=199).atoms[0]
        for c in confidences
    )
    assert wide.low <= narrow.low and narrow.high <= wide.high


@settings(max_examples=20, deadline=None, derandomize=True)
@given(wholes())
def test_mirrored_claim_on_mirrored_data(linear, cells):
    """t has no preferred direction: `x > c` on the data is `-x < -c` on their negative."""
    assume(all(len(c) > 5 for c in cells))
    d = judge(Sample(cells), [Atom(linear(1, -1), lower=1)], method="t", n_resamples=999)
    m = judge(
        Sample(tuple(-c for c in cells)),
        [Atom(linear(1, -1), upper=-1)],
        method="t",
        n_resamples=999,
    )
    assert (d.p_value, d.p_refute) == (m.p_value, m.p_refute)


def test_same_generator_same_digits(ratio):
    x = np.random.default_rng(0).gamma(3, size=(9, 2))
    assert judge(Sample((x,)), [Atom(ratio, lower=1)], 7) == judge(
        Sample((x,)), [Atom(ratio, lower=1)], 7
    )
    assert set(METHODS) == {"bootstrap-t", "studentized", "t", "bca", "percentile"}
