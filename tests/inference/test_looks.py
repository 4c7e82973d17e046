"""Schedules of looks: the error adds up, and looks that cannot decide get none of it."""

from __future__ import annotations

from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.inference import InferenceError, overall, schedule


def test_a_fixed_size_is_one_look_with_the_whole_error():
    (look,) = schedule(16, 0, 16)
    assert (look.n, look.share, look.confidence) == (16, 1, pytest.approx(0.95))


def test_the_example_of_the_claim_file():
    assert [look.n for look in schedule(8, 8, 32)] == [8, 16, 24, 32]
    assert [look.n for look in schedule(8, 10, 32)] == [8, 18, 28, 32], (
        "the maximum is always looked at"
    )


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 40), st.integers(1, 20), st.integers(0, 60), st.floats(0.5, 0.999))
def test_error_is_split_and_never_exceeded(start, step, more, confidence):
    looks = schedule(start, step, start + more, confidence)
    assert sum(look.share for look in looks) == pytest.approx(1)
    assert sum(1 - look.confidence for look in looks) == pytest.approx(1 - confidence)
    assert looks[-1].n == start + more
    assert len(looks) == 1 or all(
        look.n >= log2(2 / (1 - look.confidence)) - 1e-6 for look in looks
    )


@settings(derandomize=True, deadline=None)
@given(st.floats(0, 1))
def test_adjusted_p_clears_the_level_when_the_look_does(p):
    look = schedule(8, 8, 32)[1]
    level, own = 0.025, (1 - look.confidence) / 2
    assert (look.adjust(p) <= level * (1 + 1e-9)) == (p <= own * (1 + 1e-9)) and look.adjust(p) <= 1


def test_overall_p_is_the_decisive_looks():
    looks = schedule(8, 8, 32)
    assert overall(looks, [0.3, 0.004]) == pytest.approx(0.016)
    assert overall(looks, [0.3, 0.2, 0.5]) == pytest.approx(0.8)


@pytest.mark.parametrize("arguments", [(0, 1, 5), (5, -1, 9), (9, 2, 5), (5, 1, 9, 1.0)])
def test_impossible_schedules_are_refused(arguments):
    with pytest.raises(InferenceError, match="`"):
        schedule(*arguments)
