"""The chance to pass again against theory and against fresh data; the boundary of a claim against
the level promised there.
"""

import numpy as np
import pytest
from scipy import stats

from claims.inference import Atom, Sample, schedule
from claims.inference.boundary import Obstacle, boundaries, cannot_fail, onto, share_at_least
from claims.inference.predictive import (
    chance_at,
    fresh_worlds,
    judge_schedule,
    passes,
    seeds_to_pass,
)
from claims.inference.worlds import linear, log_quotient, quotient

LOOKS = schedule(16, 0, 16)
ABOVE = (Atom(linear(1), lower=0.0),)
FREE, SHARE = (-np.inf, np.inf), (0.0, 1.0)  # ranges of what is measured


def standardised(rng, n=16, mean=0.0):
    """A normal sample with exactly this mean and standard deviation 1."""
    z = rng.standard_normal((n, 1))
    return Sample([(z - z.mean()) / z.std(ddof=1) + mean])


def again(sample, expected, atoms=ABOVE, looks=LOOKS, n_worlds=2000, seed=0):
    worlds, rng = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    return passes(sample, atoms, looks, expected, n_worlds=n_worlds, worlds=worlds, rng=rng)


def test_fresh_worlds_have_the_predictive_mean_and_spread():
    """Normal theory: the mean of 16 fresh replicates has variance s^2 (1/16 + 1/16) around the
    sample's; within a world they spread as s.
    """
    (worlds,) = fresh_worlds(
        standardised(np.random.default_rng(3), mean=5.0), [16], 20_000, np.random.default_rng(4)
    )
    means = worlds.mean(axis=1)[:, 0]
    assert abs(means.mean() - 5) < 4 * np.sqrt(2 / 16 / 20_000)
    assert abs(means.var() / (2 / 16) - 1) < 0.03
    assert abs(worlds.var(axis=1, ddof=1).mean() - 1) < 0.03


@pytest.mark.parametrize("effect", [1.0, 2.1, 3.0, 4.5])
def test_pass_again_is_the_predictive_power_of_the_t_test(effect):
    """An effect of so many standard errors: the chance that a fresh t exceeds its critical value,
    the truth itself uncertain by one standard error. Averaged over 20 samples of the same mean and
    spread; the bootstrap sees each sample's shape.
    """
    df = 15
    # of about unit spread, as resampled
    truth = np.random.default_rng(0).standard_t(df, 20_000) * np.sqrt(df / (df + 2)) + effect
    theory = stats.nct.sf(stats.t.ppf(0.975, df), df, truth[:2000]).mean()
    found = np.mean(
        [
            again(
                standardised(np.random.default_rng(s), mean=effect / 4),
                "supported",
                n_worlds=300,
                seed=s,
            ).mean()
            for s in range(20)
        ]
    )
    assert abs(found - theory) < 0.06


def test_what_is_predicted_is_what_fresh_samples_do():
    """The whole promise: samples from a world whose mean is itself drawn widely; of those predicted
    to pass with p, a share near p does.
    """
    rng, predicted, came = np.random.default_rng(5), [], []
    for i in range(150):
        mean = rng.uniform(-0.2, 1.2)
        sample, fresh = rng.normal(mean, 1, (16, 1)), rng.normal(mean, 1, (1, 16, 1))
        predicted.append(again(Sample([sample]), "supported", n_worlds=100, seed=i).mean())
        came.append(judge_schedule([fresh], ABOVE, LOOKS, rng).supported[0])
    predicted, came = np.array(predicted), np.array(came)
    assert (
        abs(predicted.mean() - came.mean()) < 3 * np.sqrt((predicted * (1 - predicted)).sum()) / 150
    )
    assert ((predicted - came) ** 2).mean() < (
        (came.mean() - came) ** 2
    ).mean() - 0.05  # Brier score, against the base rate's


def test_verdicts_share_out_the_worlds():
    sample = standardised(np.random.default_rng(1), mean=0.4)
    shares = [again(sample, verdict) for verdict in ("supported", "refuted", "inconclusive")]
    assert (np.sum(shares, axis=0) == 1).all()


def test_equal_generators_look_at_equal_worlds_whatever_is_claimed():
    sample = standardised(np.random.default_rng(1), mean=0.5)
    stricter = again(sample, "supported", atoms=[Atom(linear(1), lower=0.2)])
    assert not (stricter & ~again(sample, "supported")).any()


def test_looks_pass_as_often_as_they_do_one_after_the_other():
    """More looks, more data: a close claim passes more often with three looks up to 48 than with
    its first alone.
    """
    sample = standardised(np.random.default_rng(1), mean=0.5)
    first, all_ = (
        again(sample, "supported").mean(),
        again(sample, "supported", looks=schedule(16, 16, 48)).mean(),
    )
    assert first + 0.05 < all_


def test_cells_of_their_own_sizes_stay_so():
    rng = np.random.default_rng(0)
    sample = Sample([rng.normal(3, 1, (9, 1)), rng.normal(0, 1, (5, 1))])
    assert [w.shape for w in fresh_worlds(sample, sample.sizes, 7, rng)] == [(7, 9, 1), (7, 5, 1)]
    assert again(sample, "supported", atoms=[Atom(linear(1, -1), lower=0)]).mean() > 0.9


def at_size(sample, expected="supported", atoms=ABOVE, n_worlds=400, seed=0):
    def chance(size):
        rng, worlds = np.random.default_rng([seed, 2]), np.random.default_rng([seed, 1])
        return chance_at(
            size,
            sample,
            atoms,
            expected,
            confidence=0.95,
            n_worlds=n_worlds,
            worlds=worlds,
            rng=rng,
        )

    return chance


@pytest.mark.parametrize("mean", [0.7, 0.85])
def test_at_the_seeds_named_the_chance_to_pass_again_is_ninety_percent(mean):
    """By the same chance that the claim is given, on worlds that the search has not seen; power at
    the estimate taken for true is more.
    """
    sample, tried = standardised(np.random.default_rng(2), mean=mean), []
    chance = at_size(sample)
    n = seeds_to_pass(lambda size: tried.append(size) or chance(size), 16, (16, chance(16)), 0.95)
    unseen = at_size(sample, n_worlds=4000, seed=7)
    assert len(tried) <= 3 and unseen(n) > 0.87 and unseen(int(n / 1.3)) < 0.91
    assert stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, mean * np.sqrt(n)) > 0.97


def test_no_number_of_seeds_is_named_where_more_would_not_help():
    """An estimate half a standard error from zero: the truth may well lie on the other side."""
    chance = at_size(standardised(np.random.default_rng(2), mean=0.125))
    assert seeds_to_pass(chance, 16, (16, chance(16)), 0.95) is None


def test_cells_keep_their_proportion_when_seeds_are_counted():
    rng = np.random.default_rng(0)
    sample = Sample([rng.normal(1, 1, (12, 1)), rng.normal(0, 1, (6, 1))])
    chances = [at_size(sample, atoms=[Atom(linear(1, -1), lower=0)])(size) for size in (12, 48)]
    assert chances[0] < chances[1]


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
    (moved,) = onto(sample, atom, threshold, [FREE] * 2)
    assert abs(atom.estimand(moved.mean(axis=0))[0] - threshold) < 1e-7
    if name == "fold":
        assert (moved > 0).all()
        np.testing.assert_allclose(
            moved.std(0) / moved.mean(0), sample.cells[0].std(0) / sample.cells[0].mean(0)
        )
    else:
        np.testing.assert_allclose(moved - moved.mean(0), sample.cells[0] - sample.cells[0].mean(0))


def test_where_no_such_world_is_reached_none_is_made_up():
    square = lambda m: (m[..., 0] ** 2 + 1, 2 * m)
    assert (
        onto(Sample([np.arange(8.0)[:, None]]), Atom(square, lower=0.5), 0.5, [FREE])
        is Obstacle.UNREACHED
    )


def test_a_quantity_that_is_undefined_is_no_boundary_out_of_reach():
    sample = Sample([np.array([[-1.0, 1.0], [-2.0, 1.5], [-1.5, 0.5]])])
    assert onto(sample, Atom(log_quotient, lower=0.0), 0.0, [FREE] * 2) is Obstacle.UNDEFINED


def test_terms_that_would_be_taken_along_out_of_their_range_stay():
    """Shares that go together, one near 1 and one near 0: lowering the first takes the second below
    zero, though no claim on the first asks for that.
    """
    share = np.random.default_rng(0).normal(0, 0.02, 16)
    sample = Sample([np.column_stack([0.95 + share, 0.1 + share])])
    (moved,) = onto(sample, Atom(linear(1, 0), lower=0.05), 0.05, [SHARE] * 2)
    assert moved.mean(axis=0) == pytest.approx([0.05, sample.cells[0][:, 1].mean()], abs=1e-6)
    (free,) = onto(sample, Atom(linear(1, 0), lower=0.05), 0.05, [FREE] * 2)
    assert free[:, 1].mean() < -0.5


def test_a_boundary_outside_what_can_be_measured_is_none():
    """Accuracies near 0.9 and a margin of a half: the world in which it is used up would have an
    accuracy above 1.
    """
    sample = Sample([np.random.default_rng(0).normal(0.9, 0.01, (16, 2))])
    atom = Atom(linear(1, -1), upper=0.5)
    assert onto(sample, atom, 0.5, [SHARE] * 2) is Obstacle.OUTSIDE
    (found,) = boundaries(sample, [atom], LOOKS, [SHARE] * 2, 10, np.random.default_rng(0))
    assert found.obstacle is Obstacle.OUTSIDE and found.n_worlds == 0
    (moved,) = onto(
        sample, Atom(linear(1, -1), upper=0.05), 0.05, [SHARE] * 2
    )  # a margin for which there is room
    assert moved.mean(axis=0)[0] < 1


@pytest.mark.parametrize(
    "atoms", [ABOVE, (Atom(linear(1), lower=-0.1, upper=0.1),)], ids=["sign", "equivalence"]
)
def test_normal_claims_are_supported_at_their_boundary_no_more_often_than_promised(atoms):
    """2.5 % at most, over 12 samples of 30 and 400 worlds each; a binomial test at one in ten
    thousand.
    """
    rng = np.random.default_rng(8)
    found = [
        b
        for _ in range(12)
        for b in boundaries(
            standardised(rng, n=30, mean=0.4), atoms, schedule(30, 0, 30), [FREE], 400, rng
        )
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
        conjunction, "support", lambda studies: np.min([s.p_value for s in studies], axis=0)
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
    centred = Sample(
        [rng.normal(0.1, 0.1, (16, 1))]
    )  # observed on both sides of zero: turned, whatever is said of its range
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
