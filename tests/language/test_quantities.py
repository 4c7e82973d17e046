"""Quantities of a result file: from an estimand's text, on values by seed."""

import numpy as np
import pytest

from claims.language import to_text
from claims.language.quantities import at_means, over_seeds, quantity, sides_of, without_log

TERMS = {"m(arm=a)": [1.0, 2.0, 3.0], "m(arm=b)": [2.0, 2.0, 2.0], "z": [0.0, 1.0]}


@pytest.mark.parametrize("text", ["m(arm=a) - m(arm=b)", "log(m(arm='two words', epoch=5))", "z"])
def test_a_text_is_read_as_it_is_written(text):
    assert to_text(quantity(text)) == text


@pytest.mark.parametrize("text", ["", "m(", "m(a)", "a < b"])
def test_what_is_no_quantity_over_terms_is_none(text):
    assert quantity(text) is None


def test_values_by_seed_and_at_the_means():
    ratio = quantity("m(arm=a) / m(arm=b)")
    assert over_seeds(ratio, TERMS).tolist() == [0.5, 1.0, 1.5]
    assert at_means(ratio, TERMS) == 1.0


def test_terms_of_other_replicates_have_no_values_by_seed():
    mixed = quantity("m(arm=a) - z")
    assert over_seeds(mixed, TERMS) is None
    assert at_means(mixed, TERMS) == 1.5


def test_what_is_absent_or_undefined_is_none_or_nan():
    assert over_seeds(quantity("m(arm=c)"), TERMS) is None
    assert at_means(quantity("m(arm=c)"), TERMS) is None
    assert np.isnan(over_seeds(quantity("1 / z"), TERMS)).tolist() == [True, False]
    assert at_means(quantity("log(z - 1)"), TERMS) is None


def test_sides_and_logarithms():
    left, right = sides_of(quantity("2 * m(arm=a) - m(arm=b)"))
    assert (to_text(left), to_text(right)) == ("2 * m(arm=a)", "m(arm=b)")
    assert sides_of(quantity("z - 1")) is None
    assert to_text(without_log(quantity("log(z)"))) == "z"
