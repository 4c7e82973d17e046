"""`decide`: several atoms, arguments that are refused, and properties on arbitrary input."""

from __future__ import annotations

import warnings
from math import inf

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from claims.inference import METHODS, Atom, InferenceError, Sample, Verdict, decide
from tests.support.decisions import judge

LEVEL = 0.025
numbers = st.one_of(
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.integers(-3, 3).map(float),
    st.sampled_from([0.0, 1e-300, 1e100, -1e100]),
)


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
