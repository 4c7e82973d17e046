"""How numbers, estimates and thresholds are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.report import wording
from tests.support.results import evidence_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0049854, "−0.00499"),
        (2310.4, "2310"),
        (123456.0, "1.23e5"),
        (-1.3e-5, "−1.30e−5"),
        (1.0, "1"),
        (None, "–"),
        (math.inf, "–"),
    ],
)
def test_numbers_are_short_and_have_a_true_minus(value, text):
    assert wording.number(value) == text


@settings(deadline=None)
@given(st.floats(-1e12, 1e12).filter(lambda x: abs(x) > 1e-12))
def test_a_number_says_what_it_stands_for(value):
    assert float(wording.number(value).replace("−", "-")) == pytest.approx(value, rel=5.1e-3)


def test_ratios_are_told_as_ratios(result):
    e = evidence_of(result, "folded")
    low, high = (math.exp(x) for x in (e.low, e.high))
    assert wording.estimate(e.atoms[0]).startswith("×")
    assert wording.number(low) in e.explanation().replace("-", "−") + wording.estimate(e.atoms[0])
    assert f"the ratio is {math.exp(e.estimate):.4g}" in e.explanation()
    assert wording.number(high) in wording.estimate(e.atoms[0])
    assert "against 0.6667" in e.explanation()
