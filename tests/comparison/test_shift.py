"""How far an estimate moved between two records: which seeds are compared, and with what result."""

import numpy as np
import pytest
from scipy import stats

from claims.comparison.shift import ComparedSeeds, estimate_shifts, seeds_to_compare
from claims.evidence import AtomEvidence, Evidence


def record(seeds, values=None, paired=True):
    """A record of `a < 1`, judged on these seeds."""
    atom = AtomEvidence("a < 1", {}, None, None, None, 1.0, None, "supported", estimand="a")
    values = [0.0] * len(seeds) if values is None else list(values)
    return Evidence(
        "it",
        "default",
        "e",
        "a < 1",
        seeds=tuple(seeds),
        paired=paired,
        atoms=(atom,),
        terms={"a": values},
    )


@pytest.mark.parametrize(
    ("old", "new", "same_code", "expected"),
    [
        ((0, 1, 2, 3), (0, 1, 2, 3), True, None),
        ((0, 1, 2, 3), (2, 3, 4, 5), True, ComparedSeeds((0, 1, 2, 3), (4, 5), False)),
        ((0, 1, 2, 3), (0, 1, 2, 3), False, ComparedSeeds((0, 1, 2, 3), (0, 1, 2, 3), True)),
        ((0, 1, 2, 3), (2, 3, 4, 5), False, ComparedSeeds((2, 3), (2, 3), True)),
        ((0, 1, 2, 3), (3, 4, 5, 6), False, ComparedSeeds((0, 1, 2, 3), (4, 5, 6), False)),
        ((0, 1), (7, 8), False, ComparedSeeds((0, 1), (7, 8), False)),
    ],
)
def test_seeds_that_are_compared(old, new, same_code, expected):
    assert seeds_to_compare(record(old), record(new), same_code) == expected


def test_replicates_of_their_own_share_no_numbers():
    sides = record(range(4), paired=False), record(range(4), paired=False)
    assert seeds_to_compare(*sides, same_code=True) == ComparedSeeds(
        (0, 1, 2, 3), (0, 1, 2, 3), False
    )


def test_a_difference_of_independent_seeds_is_that_of_the_means():
    rng = np.random.default_rng(0)
    then, now = rng.normal(0, 1, 12), rng.normal(2, 1, 12)
    sides = record(range(12), then), record(range(100, 112), now)
    (shift,) = estimate_shifts(*sides, seeds_to_compare(*sides, same_code=True))
    assert (shift.then, shift.now) == pytest.approx((then.mean(), now.mean()))
    assert shift.difference == pytest.approx(now.mean() - then.mean())
    welch = stats.ttest_ind(now, then, equal_var=False).confidence_interval()
    assert (shift.low, shift.high) == pytest.approx((welch.low, welch.high), abs=0.25)
    assert shift.p_value < 0.01


def test_every_seed_moved_by_the_same_amount_is_an_exact_sign_test():
    values = np.random.default_rng(0).normal(size=10)
    sides = record(range(10), values), record(range(10), values + 0.25)
    (shift,) = estimate_shifts(*sides, seeds_to_compare(*sides, same_code=False))
    assert (shift.low, shift.high) == pytest.approx((0.25, 0.25))
    assert shift.p_value == 2.0**-9


def test_nothing_is_compared_without_values():
    sides = record(range(6), np.arange(6.0)), record(range(9), [])
    assert estimate_shifts(*sides, ComparedSeeds((0, 1, 2), (0, 1, 2), True)) == []
