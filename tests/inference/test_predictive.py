"""The replication probability against theory and against fresh data."""

import numpy as np
import pytest
from scipy import stats

from claims.inference import Atom, Sample, schedule
from claims.inference.predictive import (
    fresh_worlds,
    judge_schedule,
    replication_probability,
    replications,
    seeds_to_replicate,
)
from claims.inference.worlds import linear

LOOKS = schedule(16, 0, 16)
ABOVE = (Atom(linear(1), lower=0.0),)


def standardised(rng, n=16, mean=0.0):
    """A normal sample with exactly this mean and standard deviation 1."""
    z = rng.standard_normal((n, 1))
    return Sample([(z - z.mean()) / z.std(ddof=1) + mean])


def again(sample, expected, atoms=ABOVE, looks=LOOKS, n_worlds=2000, seed=0):
    worlds, rng = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    return replications(sample, atoms, looks, expected, n_worlds=n_worlds, worlds=worlds, rng=rng)


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
        return replication_probability(
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
    n = seeds_to_replicate(
        lambda size: tried.append(size) or chance(size), 16, (16, chance(16)), 0.95
    )
    unseen = at_size(sample, n_worlds=4000, seed=7)
    assert len(tried) <= 3 and unseen(n) > 0.87 and unseen(int(n / 1.3)) < 0.91
    assert stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, mean * np.sqrt(n)) > 0.97


def test_no_number_of_seeds_is_named_where_more_would_not_help():
    """An estimate half a standard error from zero: the truth may well lie on the other side."""
    chance = at_size(standardised(np.random.default_rng(2), mean=0.125))
    assert seeds_to_replicate(chance, 16, (16, chance(16)), 0.95) is None


def test_cells_keep_their_proportion_when_seeds_are_counted():
    rng = np.random.default_rng(0)
    sample = Sample([rng.normal(1, 1, (12, 1)), rng.normal(0, 1, (6, 1))])
    chances = [at_size(sample, atoms=[Atom(linear(1, -1), lower=0)])(size) for size in (12, 48)]
    assert chances[0] < chances[1]
