"""`seeds_needed` against simulation: at the size it names, claims are decided nine times in ten."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from claims.inference import MOST_SEEDS, Atom, Sample, Verdict, decide
from claims.inference.decision import judge_worlds


def standard(n: int, mean: float) -> np.ndarray:
    """n values of exactly this mean and standard deviation 1, normal in shape."""
    z = stats.norm.ppf((np.arange(n) + 0.5) / n)
    return (mean + z / z.std(ddof=1))[:, None]


def ask(sample, atoms):
    return decide(sample, atoms, n_resamples=1999, rng=np.random.default_rng(0))


# support, refutation, equivalence off and at its centre
@pytest.mark.parametrize(
    ("mean", "ends"),
    [(0.5, (0, np.inf)), (-0.45, (0, np.inf)), (0.1, (-0.7, 0.7)), (0.0, (-0.5, 0.5))],
)
def test_at_the_size_named_nine_in_ten_are_decided(mean, ends, linear):
    atoms = [Atom(linear(1), *ends)]
    d = ask(Sample((standard(12, mean),)), atoms)
    assert d.verdict is Verdict.INCONCLUSIVE and 12 < d.seeds_needed < 200
    decided = []
    rng = np.random.default_rng(1)
    for _ in range(20):
        cells = [mean + rng.standard_normal((50, d.seeds_needed, 1))]
        judged = judge_worlds(
            cells, atoms, confidence=0.95, method="bootstrap-t", n_resamples=999, rng=rng
        )
        decided.append((judged.supported | judged.refuted).mean())
    # 1,000 worlds: three standard errors are 2.8 points; a margin is kept on the safe side
    assert 0.9 - 0.03 < np.mean(decided) < 0.97


def test_conjunctions_need_more(linear):
    x = standard(12, 0.5)
    one = ask(Sample((x,)), [Atom(linear(1), lower=0)])
    two = ask(
        Sample((np.c_[x, x[::-1]],)), [Atom(linear(1, 0), lower=0), Atom(linear(0, 1), lower=0)]
    )
    assert two.seeds_needed > one.seeds_needed


def test_larger_effects_need_fewer(linear):
    needed = [
        ask(Sample((standard(12, m),)), [Atom(linear(1), lower=0)]).seeds_needed
        for m in (0.1, 0.2, 0.4, 0.6)
    ]
    assert needed == sorted(set(needed), reverse=True)


def test_an_estimate_on_its_threshold_is_capped(linear):
    assert ask(Sample((standard(12, 0.0),)), [Atom(linear(1), lower=0)]).seeds_needed == MOST_SEEDS


def test_unequal_cells_are_counted_by_the_largest(linear):
    cells = (standard(6, 0.5), standard(12, 0.0))
    d = ask(Sample(cells), [Atom(linear(1, -1), lower=0)])
    assert d.verdict is Verdict.INCONCLUSIVE and d.seeds_needed > 12


def test_decided_claims_need_none(linear):
    d = ask(Sample((standard(12, 3.0),)), [Atom(linear(1), lower=0)])
    assert d.verdict is Verdict.SUPPORTED and d.seeds_needed is None


def test_an_open_denominator_is_counted(linear, ratio):
    """The ratio is far from its threshold, its denominator a standard error and a half from zero:
    that is what replicates are for.
    """
    x = np.c_[standard(12, 3.0), standard(12, 0.45)[::-1]]
    free, guarded = (
        ask(Sample((x,)), [Atom(ratio, lower=-50, nonzero=g)]) for g in ((), (linear(0, 1),))
    )
    alone = ask(Sample((x[:, 1:],)), [Atom(linear(1), lower=0)]).seeds_needed
    assert "denominator" in guarded.reason and guarded.seeds_needed >= alone
    assert free.seeds_needed is None or free.seeds_needed <= guarded.seeds_needed


def test_a_side_that_looks_negative_is_not_helped_by_replicates(linear):
    x = np.c_[standard(12, 3.0), standard(12, 0.2)] * [1, -1]
    d = ask(Sample((np.abs(x) * [1, -1],)), [Atom(linear(1, 0), lower=0, positive=(linear(0, 1),))])
    assert "positive" in d.reason and d.seeds_needed is None


def test_replicates_of_the_cells_in_use_are_what_counts(linear):
    cells = (standard(3, 100.0), standard(20, 0.0))
    d = ask(Sample(cells), [Atom(linear(1, 0), lower=0)])
    assert d.reason.startswith("too few replicates: 3 cannot give 0.95 confidence; at least 6")
