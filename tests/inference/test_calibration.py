"""Simulated error rates: the simulation judges as `decide` does, and the rates are what is
promised.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from claims.inference import Atom, Sample, decide
from claims.inference.calibration import run
from claims.inference.decision import judge_worlds
from claims.inference.limits import limits
from claims.inference.markdown import render_markdown
from claims.inference.tables import Rates, Table
from claims.inference.worlds import (
    CONJUNCTIONS,
    ESTIMATIONS,
    WORLDS,
    World,
    linear,
    log_quotient,
    quotient,
    resampled,
)

MEAN = (replace(ESTIMATIONS[0], times=1),)


def named(name: str) -> World:
    return next(w for w in WORLDS if w.name == name)


@pytest.mark.parametrize("method", ["bootstrap-t", "studentized", "t"])
def test_worlds_are_judged_exactly_as_decide_judges_each(method):
    rng = np.random.default_rng(0)
    cells = [rng.gamma(3, size=(4, 9, 2)), rng.normal(size=(4, 7, 1))]
    ratio = Atom(lambda m: _padded(quotient(m[..., :2])), 0.5, 1.5, nonzero=(linear(0, 1, 0),))
    atoms = [Atom(linear(1, 0, 1), lower=2.5), ratio]
    many = judge_worlds(
        cells, atoms, confidence=0.9, method=method, n_resamples=499, rng=np.random.default_rng(1)
    )
    for b in range(4):
        one = decide(
            Sample([c[b] for c in cells]),
            atoms,
            confidence=0.9,
            method=method,
            n_resamples=499,
            rng=np.random.default_rng(1),
        )
        assert one.p_value == many.p_value[b] and one.p_refute == many.p_refute[b]
        for a, s, p in zip(one.atoms, many.atoms, many.p_refutes, strict=True):
            assert (a.low, a.high) == pytest.approx((s.low[b], s.high[b]), rel=1e-12)
            assert a.p_refute == p[b]


@pytest.mark.parametrize("world", WORLDS, ids=lambda w: w.name)
def test_worlds_have_mean_zero_and_unit_spread(world):
    x = world.draw(np.random.default_rng(0), (400_000,))
    assert abs(x.mean()) < 5 / np.sqrt(400_000)
    # the lognormal's fourth moment is 114 times its squared variance: its spread is known to a few
    # per cent only
    assert x.std() == pytest.approx(1, abs=0.1 if world.name == "lognormal" else 0.02)


@pytest.mark.parametrize("function", [quotient, log_quotient])
def test_gradients_are_those_of_central_differences(function):
    means = np.array([[2.0, 3.0], [0.5, 0.25]])
    _, gradient = function(means)
    for t in range(2):
        step = np.eye(2)[t] * 1e-6
        assert gradient[:, t] == pytest.approx(
            (function(means + step)[0] - function(means - step)[0]) / 2e-6, rel=1e-6
        )


@pytest.mark.parametrize("world", ["normal", "t5", "uniform"])
def test_false_support_is_within_its_promise(world):
    """Nominal 2.5 %, promised at most 3.5 % in either direction: 2,000 worlds must not show more,
    at one in a thousand.
    """
    (row,) = run(
        rng=np.random.default_rng(5),
        worlds=[named(world)],
        estimations=MEAN,
        conjunctions=(),
        sizes=(8,),
        n_worlds=2000,
        n_resamples=999,
    ).rates
    for share in (row.above, row.below):
        assert binomtest(round(share * 2000), 2000, 0.035, alternative="greater").pvalue > 1e-3
    assert binomtest(round(row.coverage * 2000), 2000, 0.93, alternative="less").pvalue > 1e-3


def test_skewed_data_are_covered_where_t_fails():
    (row,) = run(
        rng=np.random.default_rng(6),
        worlds=[named("exponential")],
        estimations=MEAN,
        conjunctions=(),
        sizes=(8,),
        n_worlds=2000,
        n_resamples=999,
    ).rates
    assert binomtest(round(row.coverage * 2000), 2000, 0.93, alternative="less").pvalue > 1e-3
    assert row.coverage > row.t_coverage + 0.02
    assert (
        binomtest(round(max(row.above, row.below) * 2000), 2000, 0.06, alternative="greater").pvalue
        > 1e-3
    )


@pytest.mark.parametrize(
    "name", ["for_every, 3 atoms", "within 0.05 (equivalence)", "sequential, 1 atom"]
)
def test_claims_err_within_nominal_plus_a_point(name):
    design = next(c for c in CONJUNCTIONS if c.name == name)
    size = 24 if design.looks else 8
    (row,) = run(
        rng=np.random.default_rng(7),
        worlds=[named("normal")],
        estimations=(),
        conjunctions=[design],
        sizes=(size,),
        n_worlds=1000,
        n_resamples=999,
    ).errors
    for share in (row.false_support, row.false_refutation):
        assert binomtest(round(share * 1000), 1000, 0.035, alternative="greater").pvalue > 1e-3
    assert row.refutation > 0.3


def test_looking_often_without_splitting_the_error_would_show():
    """The sequential test can fail: five looks at the full level err more than its promise."""
    rng = np.random.default_rng(8)
    wrong, cells = 0, rng.standard_normal((1000, 40, 1))
    for n in (8, 16, 24, 32, 40):
        judged = judge_worlds(
            [cells[:, :n]],
            [Atom(linear(1), lower=0)],
            confidence=0.95,
            method="t",
            n_resamples=199,
            rng=np.random.default_rng(n),
        )
        wrong += judged.supported.sum()
        cells = cells[~judged.supported]
    assert binomtest(int(wrong), 1000, 0.035, alternative="greater").pvalue < 1e-3


def test_worlds_resampled_from_observations_have_the_samples_truth():
    sample = Sample((np.random.default_rng(9).gamma(2, size=(20, 2)),))
    design = resampled("claim x", sample, Atom(quotient, lower=0))
    assert design.truth == pytest.approx(
        sample.cells[0][:, 0].mean() / sample.cells[0][:, 1].mean()
    )
    (cells,) = design.cells(None, np.random.default_rng(0), 3000, 8)
    assert cells.shape == (3000, 8, 2)
    spread = quotient(cells.mean(axis=1))[0].std()
    assert design.unit / np.sqrt(8) == pytest.approx(spread, rel=0.25)
    table = run(
        rng=np.random.default_rng(1),
        worlds=(),
        estimations=(),
        conjunctions=(),
        observed=[design],
        observed_sizes=(8,),
        n_worlds=500,
        n_resamples=399,
    )
    (row,) = table.observed
    assert row.design == "claim x" and 0.88 < row.coverage <= 1 and not table.rates
    assert "| claim x | 8 |" in render_markdown(table)


def test_table_says_where_a_limit_is_broken():
    table = run(
        rng=np.random.default_rng(2),
        worlds=[named("exponential")],
        estimations=MEAN,
        conjunctions=(),
        sizes=(8,),
        n_worlds=400,
        n_resamples=399,
        method="studentized",
        confidence=0.8,
    )
    broken = [f for f in limits(table) if not f.met]
    assert any("93 %" in f.text and f.where == "mean, exponential, n = 8" for f in broken)
    text = render_markdown(table)
    assert "**not met**" in text and "400 worlds" in text and "| exponential | 8 |" in text


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS, ids=lambda w: w.name)
def test_every_limit_holds_at_length(world):
    """Short of a limit only by chance: shares by a binomial test at one in a thousand, differences
    by as many standard errors; widths exactly.
    """
    table = run(
        rng=np.random.default_rng(11),
        worlds=[world],
        estimations=MEAN,
        conjunctions=CONJUNCTIONS,
        n_worlds=4000,
        n_resamples=1999,
    )
    for limit in limits(table):
        if limit.kind == "share":
            side = "less" if limit.text.startswith("coverage") else "greater"
            assert (
                binomtest(
                    round(limit.measured * limit.n_worlds),
                    limit.n_worlds,
                    limit.bound,
                    alternative=side,
                ).pvalue
                > 1e-3
            ), limit
        else:
            short = (
                limit.bound - limit.measured
                if limit.text.startswith("coverage")
                else limit.measured - limit.bound
            )
            assert short <= (
                3.09 * np.sqrt(0.05 / limit.n_worlds) if limit.kind == "difference" else 0
            ), limit


def test_every_cell_beyond_a_limit_is_listed():
    cells = [
        {"n": 8, "coverage": 0.92},
        {"n": 16, "coverage": 0.91},
        {"n": 32, "coverage": 0.95},
        {"n": 6, "coverage": 0.5},
    ]
    fixed = dict(
        world="t5",
        n_worlds=100,
        t_coverage=0.95,
        width=1.0,
        above=0.02,
        below=0.02,
        power=0.8,
        t_power=0.8,
        judged=1.0,
    )
    rows = tuple(Rates(design=d, **fixed, **c) for d in ("mean", "ratio of means") for c in cells)
    text = render_markdown(Table(rows, (), (), (), 100, 199, "t", 0.95))
    assert "4 cells beyond a limit" in text
    assert "- ratio of means, t5, n = 16: 91.0 %, where 93.0 % is asked" in text
    assert "n = 6:" not in text


def test_sections_do_not_shift_each_other():
    """A suite's observations change from day to day; the rest of the table does not."""
    sample = Sample((np.random.default_rng(9).gamma(2, size=(12, 1)),))
    design = resampled("claim x", sample, Atom(linear(1), lower=0))
    few = dict(
        worlds=WORLDS[:1],
        estimations=MEAN,
        conjunctions=CONJUNCTIONS[:1],
        sizes=(8,),
        n_worlds=60,
        n_resamples=199,
    )
    alone = run(rng=np.random.default_rng(3), **few)
    beside = run(rng=np.random.default_rng(3), observed=[design], compare=("t",), **few)
    assert (alone.rates, alone.errors) == (beside.rates, beside.errors)
    assert [r.method for r in beside.compared] == ["t"] and len(beside.observed) == 1


def _padded(valued):
    value, gradient = valued
    return value, np.concatenate([gradient, np.zeros((*gradient.shape[:-1], 1))], axis=-1)
