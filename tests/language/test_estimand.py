"""Quantities with divisions over their common denominator, and handed to the judge as such."""

import numpy as np
import pytest

from claims.judging import atom_of
from claims.language import (
    Options,
    Vocabulary,
    compile_claim,
    compile_value,
    parse_claim,
    parse_value,
)
from claims.language.estimand import Estimand, fraction_of

VOCABULARY = Vocabulary({name: {} for name in "abcd"})


@pytest.mark.parametrize(
    "text",
    [
        "a / b",
        "-a / b",
        "2 * (a - c) / b",
        "1 - a / b",
        "a / b + c",
        "a / b - c / b",
        "a / b - c / d",
        "a / (b / c)",
        "(a / b) / c",
        "a / b / c",
        "a / (b - c / d)",
        "(a / b) * (c / d)",
        "abs(a) / b",
        "3 / b",
        "(a / b) / 2",
    ],
)
def test_numerator_over_denominator_is_the_quantity(text):
    terms, atom = compile_value(parse_value(text), VOCABULARY)
    top, bottom = (Estimand(part, terms) for part in fraction_of(atom.estimand.node))
    means = np.random.default_rng(0).uniform(0.5, 2, (50, len(terms)))
    np.testing.assert_allclose(top(means)[0] / bottom(means)[0], atom.estimand(means)[0], rtol=1e-9)
    nothing = np.zeros(len(terms))
    assert np.isfinite([top(nothing)[0], bottom(nothing)[0]]).all(), "a division by a mean is left"


@pytest.mark.parametrize(
    "text", ["a", "a - b", "a / 2", "a * b", "log(a / b)", "sqrt(a / b) + c / d", "c / log(a / b)"]
)
def test_what_is_no_fraction_or_hides_one_in_a_function(text):
    assert fraction_of(compile_value(parse_value(text), VOCABULARY)[1].estimand.node) is None


def test_a_shared_denominator_is_not_multiplied_with_itself():
    _, atom = compile_value(parse_value("a / b - c / b"), VOCABULARY)
    top, bottom = fraction_of(atom.estimand.node)
    assert str(Estimand(top, ())) == "a - c" and str(Estimand(bottom, ())) == "b"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_the_judge_gets_the_parts_in_the_samples_order(order):
    terms, (compiled,) = compile_claim(parse_claim("(a - b) / c < 0.5"), Options(), {}, VOCABULARY)
    atom = atom_of(compiled, order)
    means = np.array([5.0, 3.0, 4.0])
    in_sample = means[list(order)]
    values = [float(e(in_sample)[0]) for e in (atom.estimand, *atom.fraction)]
    assert values == pytest.approx([0.5, 2.0, 4.0])


def test_claims_without_a_division_have_none():
    _, (compiled,) = compile_claim(parse_claim("a < b"), Options(), {}, VOCABULARY)
    assert atom_of(compiled, (0, 1)).fraction is None
