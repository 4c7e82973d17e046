"""Refutation over several atoms: between uncorrected and Bonferroni, and using the correlation."""

from __future__ import annotations

import numpy as np
import pytest

from claims.inference import Atom, Sample, decide
from claims.inference.conjunction import _ranks


def claim(x, linear, atoms=None, **options):
    atoms = atoms or [Atom(linear(*row), lower=0) for row in np.eye(x.shape[1])]
    return decide(Sample((x,)), atoms, rng=np.random.default_rng(0), **options)


def first_alone(x, linear):
    return claim(x, linear, [Atom(linear(1, *[0] * (x.shape[1] - 1)), lower=0)]).p_refute


def test_identical_atoms_cost_nothing(linear):
    x = np.repeat(np.random.default_rng(0).normal(-0.6, 1, (16, 1)), 5, axis=1)
    assert claim(x, linear).p_refute == pytest.approx(first_alone(x, linear), rel=0.02)


def test_independent_atoms_cost_about_their_number(linear):
    x = np.random.default_rng(1).normal([-0.6, 5, 5, 5, 5], 1, (24, 5))
    alone = first_alone(x, linear)
    corrected = claim(x, linear).atoms[0].p_refute
    assert 4 * alone < corrected <= 5 * alone * 1.0001


def test_correlated_atoms_cost_less_than_bonferroni(linear):
    rng = np.random.default_rng(2)
    x = -0.55 + rng.standard_normal((24, 1)) + 0.2 * rng.standard_normal((24, 6))
    d = claim(x, linear)
    alone = min(claim(x, linear, [Atom(linear(*row), lower=0)]).p_refute for row in np.eye(6))
    assert alone <= d.p_refute < 3 * alone


def test_discrete_ties_do_not_make_the_correction_vanish(linear):
    x = np.random.default_rng(3).integers(-1, 2, (8, 4)).astype(float)
    x[:, 0] = [-1, -1, -1, -1, -1, -1, 0, 1]
    alone = first_alone(x, linear)
    assert claim(x, linear).atoms[0].p_refute > 1.5 * alone


def test_ties_are_broken_at_random_and_ranks_kept():
    """Ties broken by position would make the ties of different atoms fall together, which looks
    like correlation.
    """
    rng = np.random.default_rng(0)
    a, b = (_ranks(np.repeat([[0.0, 1.0]], 500, axis=1), rng)[0] for _ in range(2))
    assert sorted(a) == list(range(1, 1001)) and a[:500].max() == 500
    assert abs(np.corrcoef(a[:500], b[:500])[0, 1]) < 0.2


def test_far_threshold_of_a_wide_equivalence_is_no_second_chance(linear):
    """Off by more than its margin: a wide one is corrected for one side, a hair-thin one for
    two.
    """
    x = np.random.default_rng(4).normal(0, 1, (20, 1))
    x += 0.5 - x.mean()
    one_sided = claim(x, linear, [Atom(linear(1), upper=0)]).p_refute
    wide = claim(x, linear, [Atom(linear(1), lower=-5, upper=0)]).p_refute
    thin = claim(x, linear, [Atom(linear(1), lower=-1e-9, upper=0)]).p_refute
    assert wide == pytest.approx(one_sided, abs=3e-4)
    assert 1.8 * one_sided < thin <= 2 * one_sided


def test_an_atom_in_trouble_does_not_hide_a_refutation(linear):
    x = np.c_[np.random.default_rng(5).normal(-3, 1, 12), np.full(12, 7.0)]
    d = claim(x, linear)
    assert d.verdict.value == "refuted" and d.headline == 0 and "degenerate" in d.atoms[1].reason
