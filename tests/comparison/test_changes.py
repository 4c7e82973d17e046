"""Sentences about what changed of a claim."""

import math

import pytest

from claims.comparison.changes import Change, ClaimChange
from claims.comparison.shift import Shift
from claims.evidence import Evidence


def side(verdict, **fields):
    return Evidence("it", "default", "e", "a < 1", verdict=verdict, **fields)


def shift(low, difference, high, log=False):
    return Shift("a < 1", {}, log, 0.0, difference, difference, low, high, 0.95, 0.01)


SUPPORTED, REFUTED = side("supported"), side("refuted")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ClaimChange("it", "default", Change.VERDICT, SUPPORTED, REFUTED),
            "Was supported, is refuted.",
        ),
        (
            ClaimChange("it", "default", Change.VERDICT, SUPPORTED, side(None)),
            "Was supported, is not asked.",
        ),
        (
            ClaimChange(
                "it", "default", Change.VERDICT, SUPPORTED, REFUTED, shift(1, 2, 3), moved=True
            ),
            "Was supported, is refuted; the estimate moved by 2 [1, 3].",
        ),
        (
            ClaimChange("it", "default", Change.VERDICT, SUPPORTED, REFUTED, shift(-1, 0, 1)),
            "Was supported, is refuted; the estimate did not move beyond chance.",
        ),
        (
            ClaimChange(
                "it", "default", Change.SHRANK, SUPPORTED, SUPPORTED, shift(-3, -2, -1), moved=True
            ),
            "Still supported, but the effect shrank by 2 [1, 3].",
        ),
        (
            ClaimChange(
                "it",
                "default",
                Change.GREW,
                SUPPORTED,
                SUPPORTED,
                shift(math.log(2), math.log(4), math.log(8), log=True),
                moved=True,
            ),
            "Still supported, and the effect grew by a factor of 4 [2, 8].",
        ),
        (
            ClaimChange(
                "it", "default", Change.MOVED, REFUTED, REFUTED, shift(1, 2, math.inf), moved=True
            ),
            "Still refuted, but the estimate moved by 2 [1, unbounded].",
        ),
        (
            ClaimChange("it", "default", Change.RESTATED, SUPPORTED, SUPPORTED, reason="was a < 2"),
            "Claims something else than before (was a < 2).",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_in_a_sentence(change, sentence):
    assert change.sentence() == sentence


@pytest.mark.parametrize(
    ("old", "new", "moved", "drifted"),
    [
        (SUPPORTED, REFUTED, False, True),
        (SUPPORTED, side("inconclusive"), False, False),
        (SUPPORTED, side("inconclusive"), True, True),
        (SUPPORTED, side("refuted", outcome="passed", expected="refuted"), True, False),
    ],
)
def test_drift_is_a_move_or_a_reversal_that_nobody_accepted(old, new, moved, drifted):
    change = ClaimChange("it", "default", Change.VERDICT, old, new, moved=moved)
    assert change.drifted == drifted
