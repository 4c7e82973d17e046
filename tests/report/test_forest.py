"""Estimates against thresholds on one line."""

import pytest

from claims.evidence import AtomEvidence
from claims.report import forest


def atom(**fields):
    return AtomEvidence(
        **{
            "expression": "x < 0",
            "bindings": {},
            "estimate": -1.0,
            "low": -1.5,
            "high": -0.5,
            "threshold": 0.0,
            "p_value": 0.01,
            "verdict": "supported",
            "upper": 0.0,
            "estimand": "loss(rule=a)",
        }
        | fields
    )


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({}, True),
        ({"lower": 0.0, "upper": None}, False),
        ({"lower": -2.0, "upper": 0.0}, True),
        ({"lower": -0.4, "upper": 2.0}, False),
    ],
)
def test_what_is_claimed_lies_right_of_the_line(fields, right):
    row = forest.row(atom(**fields))
    ends = (row.low, row.estimate, row.high)
    assert all(x > 0 for x in ends) if right else all(x < 0 for x in ends)
    assert row.low <= row.estimate <= row.high and max(map(abs, ends)) == pytest.approx(1)


def test_a_text_forest_has_its_threshold_in_the_middle_and_one_estimate():
    text = forest.text(forest.row(atom()), 21)
    assert len(text) == 21 and text[10] == "│" and text.count("●") == 1 and text.index("●") > 10
    open_ended = forest.text(forest.row(atom(low=None, high=None)), 21)
    assert open_ended[0] == "─" and "├" not in open_ended and "┤" not in open_ended
    assert forest.text(forest.row(atom()), 21, plain=True).isascii()
