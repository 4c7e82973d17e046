"""Values and gradients of quantities, and fractions over their common denominator."""

import math

import numpy as np
import pytest

from claims.language import (
    Vocabulary,
    compile_value,
    parse_value,
    to_text,
)
from claims.language.estimand import Estimand, fraction_of
from tests.support.language import compiled

VALUES = [
    "a",
    "a + 2 * b",
    "a - (b - c)",
    "a / b",
    "-a / (b + c)",
    "abs(a - b)",
    "log(a * b)",
    "sqrt(a) / c",
    "a / (b / c)",
    "log(a) - log(b)",
    "(a + b) * (a - c) / sqrt(b)",
    "a * a * a",
]


@pytest.mark.parametrize("text", VALUES)
def test_gradients_agree_with_finite_differences(text):
    vocabulary = Vocabulary({name: {} for name in "abc"})
    terms, atom = compile_value(parse_value(text), vocabulary)
    means = np.random.default_rng(3).uniform(0.5, 2, (6, 4, len(terms)))
    estimand = atom.estimand(terms)
    value, gradient = estimand(means)
    assert value.shape == (6, 4) and gradient.shape == means.shape
    for position in range(len(terms)):
        step = np.zeros(len(terms))
        step[position] = 1e-6
        difference = (estimand(means + step)[0] - estimand(means - step)[0]) / 2e-6
        np.testing.assert_allclose(gradient[..., position], difference, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("text", VALUES)
def test_values_agree_with_python(text):
    terms, atom = compile_value(parse_value(text), Vocabulary({name: {} for name in "abc"}))
    numbers = {"a": 0.7, "b": 1.3, "c": 2.1}
    value, _ = atom.estimand(terms)(np.array([numbers[term.metric] for term in terms]))
    assert value == pytest.approx(
        eval(text, {"log": math.log, "sqrt": math.sqrt, "abs": abs, **numbers})
    )


def test_undefined_values_are_nan_or_infinite_without_a_warning(recwarn):
    vocabulary = Vocabulary({name: {} for name in "ab"})
    means = np.array([[1.0, 0.0], [0.0, 0.0], [-1.0, 2.0], [1.0, 2.0]])
    for text in ("a / b", "log(a) + b", "sqrt(a) + b", "log(a) / log(b)", "1 / (a - a * b)"):
        terms, atom = compile_value(parse_value(text), vocabulary)
        value, gradient = atom.estimand(terms)(means)
        assert not np.isfinite(value[:3]).all()
        assert np.isfinite(value[3]) and np.isfinite(gradient[3]).all()
    assert not recwarn.list


def test_an_estimand_knows_its_place_among_the_claims_terms():
    terms, atoms = compiled("accuracy(5) < accuracy(20) < accuracy(100)")
    _, gradient = atoms[1].estimand(terms)(np.ones(3))
    assert gradient.tolist() == [0, 1, -1] and len(terms) == 3


def test_a_constant_part_keeps_the_shape():
    terms, atom = compile_value(parse_value("a * 0 + 3"), Vocabulary({"a": {}}))
    value, gradient = atom.estimand(terms)(np.zeros((5, 1)))
    assert value.tolist() == [3.0] * 5 and gradient.shape == (5, 1)


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
    top, bottom = (Estimand(part, terms) for part in fraction_of(atom.node))
    means = np.random.default_rng(0).uniform(0.5, 2, (50, len(terms)))
    whole = atom.estimand(terms)(means)[0]
    np.testing.assert_allclose(top(means)[0] / bottom(means)[0], whole, rtol=1e-9)
    nothing = np.zeros(len(terms))
    assert np.isfinite([top(nothing)[0], bottom(nothing)[0]]).all(), "a division by a mean is left"


@pytest.mark.parametrize(
    "text", ["a", "a - b", "a / 2", "a * b", "log(a / b)", "sqrt(a / b) + c / d", "c / log(a / b)"]
)
def test_what_is_no_fraction_or_hides_one_in_a_function(text):
    assert fraction_of(compile_value(parse_value(text), VOCABULARY)[1].node) is None


def test_a_shared_denominator_is_not_multiplied_with_itself():
    _, atom = compile_value(parse_value("a / b - c / b"), VOCABULARY)
    assert [to_text(part) for part in fraction_of(atom.node)] == ["a - c", "b"]
