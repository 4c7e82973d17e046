"""A claim judged on its boundary, against the level promised there; claims that cannot fail."""

import numpy as np
import pytest
from scipy import stats

from claims.inference import Atom, Sample, schedule
from claims.inference.boundary import (
    BoundaryFailure,
    boundaries,
    cannot_fail,
    share_at_least,
    shift_to_boundary,
)
from claims.inference.worlds import linear, log_quotient, quotient

LOOKS = schedule(16, 0, 16)
FREE, SHARE = (-np.inf, np.inf), (0.0, 1.0)  # ranges of metrics


def standardised(rng):
    """A normal sample of 30 with mean 0.4 and standard deviation 1."""
    z = rng.standard_normal((30, 1))
    return Sample([(z - z.mean()) / z.std(ddof=1) + 0.4])


MOVES = {
    "difference": (Atom(linear(1, -1), lower=0.3), 0.3),
    "ratio": (Atom(quotient, lower=0.55, upper=0.85, nonzero=(linear(0, 1),)), 0.85),
    "fold": (
        Atom(log_quotient, lower=np.log(10), positive=(linear(1, 0), linear(0, 1))),
        np.log(10),
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_world_where_the_claim_is_just_false_is_made_of_the_data(name):
    atom, threshold = MOVES[name]
    sample = Sample([np.exp(np.random.default_rng(0).normal([1.0, 0.2], 0.3, (16, 2)))])
    (moved,) = shift_to_boundary(sample, atom, threshold, [FREE] * 2)
    assert abs(atom.estimand(moved.mean(axis=0))[0] - threshold) < 1e-7
    if name == "fold":
        assert (moved > 0).all()
        np.testing.assert_allclose(
            moved.std(0) / moved.mean(0), sample.cells[0].std(0) / sample.cells[0].mean(0)
        )
    else:
        np.testing.assert_allclose(moved - moved.mean(0), sample.cells[0] - sample.cells[0].mean(0))


def test_where_no_such_world_is_reached_none_is_made_up():
    def square(means):
        return means[..., 0] ** 2 + 1, 2 * means

    sample = Sample([np.arange(8.0)[:, None]])
    assert (
        shift_to_boundary(sample, Atom(square, lower=0.5), 0.5, [FREE]) is BoundaryFailure.UNREACHED
    )


def test_a_quantity_that_is_undefined_is_no_boundary_out_of_reach():
    sample = Sample([np.array([[-1.0, 1.0], [-2.0, 1.5], [-1.5, 0.5]])])
    assert (
        shift_to_boundary(sample, Atom(log_quotient, lower=0.0), 0.0, [FREE] * 2)
        is BoundaryFailure.UNDEFINED
    )


def test_terms_that_would_be_taken_along_out_of_their_range_stay():
    """Shares that go together, one near 1 and one near 0: lowering the first takes the second below
    zero, though no claim on the first asks for that.
    """
    share = np.random.default_rng(0).normal(0, 0.02, 16)
    sample = Sample([np.column_stack([0.95 + share, 0.1 + share])])
    (moved,) = shift_to_boundary(sample, Atom(linear(1, 0), lower=0.05), 0.05, [SHARE] * 2)
    assert moved.mean(axis=0) == pytest.approx([0.05, sample.cells[0][:, 1].mean()], abs=1e-6)
    (free,) = shift_to_boundary(sample, Atom(linear(1, 0), lower=0.05), 0.05, [FREE] * 2)
    assert free[:, 1].mean() < -0.5


def test_a_boundary_outside_what_can_be_measured_is_none():
    """Accuracies near 0.9 and a margin of a half: the world in which it is used up would have an
    accuracy above 1.
    """
    sample = Sample([np.random.default_rng(0).normal(0.9, 0.01, (16, 2))])
    atom = Atom(linear(1, -1), upper=0.5)
    assert shift_to_boundary(sample, atom, 0.5, [SHARE] * 2) is BoundaryFailure.OUTSIDE
    (found,) = boundaries(sample, [atom], LOOKS, [SHARE] * 2, 10, np.random.default_rng(0))
    assert found.obstacle is BoundaryFailure.OUTSIDE and found.n_worlds == 0
    # a margin for which there is room
    (moved,) = shift_to_boundary(sample, Atom(linear(1, -1), upper=0.05), 0.05, [SHARE] * 2)
    assert moved.mean(axis=0)[0] < 1


@pytest.mark.parametrize(
    "atoms",
    [(Atom(linear(1), lower=0.0),), (Atom(linear(1), lower=-0.1, upper=0.1),)],
    ids=["sign", "equivalence"],
)
def test_normal_claims_are_supported_at_their_boundary_no_more_often_than_promised(atoms):
    """2.5 % at most, over 12 samples of 30 and 400 worlds each; a binomial test at one in ten
    thousand.
    """
    rng = np.random.default_rng(8)
    found = [
        b
        for _ in range(12)
        for b in boundaries(standardised(rng), atoms, schedule(30, 0, 30), [FREE], 400, rng)
    ]
    worst = np.sum([b.supported for b in found])
    assert stats.binomtest(int(worst), 400 * len(found), 0.035, alternative="greater").pvalue > 1e-4
    assert all(b.obstacle is None for b in found)


def test_support_where_it_is_false_is_seen(monkeypatch):
    from claims.inference import conjunction

    rng = np.random.default_rng(0)
    sample = Sample([rng.normal(1, 0.3, (16, 2))])
    atoms = [Atom(linear(1, 0), lower=0), Atom(linear(0, 1), lower=0)]
    assert max(b.supported for b in boundaries(sample, atoms, LOOKS, [FREE] * 2, 200, rng)) < 20
    monkeypatch.setattr(
        conjunction, "support", lambda judged: np.min([atom.p_value for atom in judged], axis=0)
    )
    assert max(b.supported for b in boundaries(sample, atoms, LOOKS, [FREE] * 2, 200, rng)) == 200


def test_limits_wider_than_the_data_cannot_fail():
    rng = np.random.default_rng(0)
    sample = Sample([rng.normal([0.7, 1], 0.1, (16, 2))])
    assert cannot_fail(sample, [Atom(quotient, lower=-1000, upper=1000)], [0, 1], [FREE] * 2, rng)
    assert not cannot_fail(sample, [Atom(quotient, lower=0.5, upper=0.9)], [0, 1], [FREE] * 2, rng)
    assert cannot_fail(sample, [Atom(linear(1, -1), lower=-50)], [0, 0], [FREE] * 2, rng)
    assert not cannot_fail(
        sample,
        [Atom(linear(1, -1), lower=-50), Atom(linear(1, -1), upper=0)],
        [0, 0],
        [FREE] * 2,
        rng,
    )


def test_what_cannot_be_negative_is_not_turned_negative():
    """Losses of one half: none is ever below minus a tenth. Turned to minus a half, they would be
    said to be able to.
    """
    rng, atom, positive = np.random.default_rng(0), Atom(linear(1), lower=-0.1), (0.0, np.inf)
    losses = Sample([rng.normal(0.5, 0.02, (16, 1))])
    assert not cannot_fail(losses, [atom], [0], [FREE], rng)
    assert cannot_fail(losses, [atom], [0], [positive], rng)
    assert cannot_fail(losses, [Atom(linear(1), upper=1000)], [0], [positive], rng)
    # observed on both sides of zero: turned, whatever is said of its range
    centred = Sample([rng.normal(0.1, 0.1, (16, 1))])
    assert not cannot_fail(centred, [atom], [0], [positive], rng)


@pytest.mark.parametrize(
    "atoms",
    [
        (Atom(linear(1, 0), lower=0.5), Atom(linear(0, 1), lower=0.5)),
        (Atom(linear(1, 0), lower=0.05, upper=0.95),),
        (Atom(linear(1, -1), lower=-0.02, upper=0.02),),
    ],
    ids=["alone", "between", "agreement"],
)
def test_good_claims_of_accuracies_can_fail(atoms):
    """Swaps alone leave these as they are: the better they hold the surer they would be taken for
    claims that cannot fail.
    """
    rng = np.random.default_rng(0)
    sample = Sample([rng.normal(0.9, 0.002, (16, 2))])
    assert not cannot_fail(sample, atoms, [0, 0], [SHARE] * 2, rng)
    assert all(b.obstacle is None for b in boundaries(sample, atoms, LOOKS, [SHARE] * 2, 10, rng))


def test_the_bound_on_a_share_is_clopper_and_pearsons():
    for count, n, level in [(0, 400, 0.05), (10, 400, 0.001), (400, 400, 0.01)]:
        expected = stats.binomtest(count, n).proportion_ci(1 - 2 * level, "exact").low
        assert share_at_least(count, n, level) == pytest.approx(expected, abs=1e-12)
