"""The sample of a claim, extracted from observations: averages, pairs, what is missing."""

import math

import numpy as np
import pytest

from claims.judging import judge
from claims.language import Options, Vocabulary, compile_claim, parse_claim
from claims.samples import (
    NonFiniteObservation,
    ObservationError,
    atom_of,
    description_of,
    extract_sample,
)
from tests.support.given import given_claim, observations

VOCABULARY = Vocabulary({name: {} for name in "abcd"})


@pytest.fixture
def claim(tmp_path):
    """`claim(text)`: the one claim whose YAML keys are `text`."""
    return lambda text, options="": given_claim(tmp_path, text, options)


def test_replicates_are_averaged_inside_the_seed(claim):
    made = claim("expect: m(a) > 0")
    terms = extract_sample(
        observations(range(5)), made.ask("default").terms, made.spec.experiment("default")
    )
    np.testing.assert_allclose(
        terms.sample.cells[0][:, 0], observations(range(5))["m"].sel(arm="a").mean("batch")
    )


def test_unpaired_conditions_may_differ_in_size_and_keep_their_rows(claim):
    def unequal(seeds):
        data = observations(range(12))
        for metric in ("m", "n"):
            data[metric][{"seed": slice(8, None), "arm": 0}] = math.nan
        return data

    made = claim("expect: share(a) + m(a) < m(b)", options=", paired: false")
    terms = extract_sample(unequal(()), made.ask("default").terms, made.spec.experiment("default"))
    assert terms.sample.sizes == (8, 12) and [c.shape[1] for c in terms.sample.cells] == [2, 1]
    assert judge(made, "default", unequal).verdict == "supported"


def test_what_was_not_measured_is_named(claim):
    made = claim("expect: m(a) < m(b)")
    with pytest.raises(ObservationError, match="metric `m` was not measured; measured: z"):
        extract_sample(
            observations(range(3)).drop_vars(["m", "n"]),
            made.ask("default").terms,
            made.spec.experiment("default"),
        )
    with pytest.raises(ObservationError, match="`m\\(arm=b\\)` was not measured: `arm` has a, c"):
        extract_sample(
            observations(range(3)).sel(arm=["a", "c"]),
            made.ask("default").terms,
            made.spec.experiment("default"),
        )


def test_rows_of_other_conditions_keep_the_order_of_their_terms(claim):
    """m(a), m(b), n(a): the sample groups a's rows, and its terms say so."""
    made = claim("expect: m(a) + m(b) - n(a) < 0", options=", paired: false")
    extracted = extract_sample(
        observations(range(6)), made.ask("default").terms, made.spec.experiment("default")
    )
    assert list(map(str, extracted.terms)) == ["m(arm=a)", "n(arm=a)", "m(arm=b)"]
    means = [cell.mean(axis=0) for cell in extracted.sample.cells]
    assert np.concatenate(means) == pytest.approx([1, 10, 2], rel=0.1)
    assert list(extracted.values) == ["m(arm=a)", "m(arm=b)", "n(arm=a)"]


@pytest.mark.parametrize(
    ("value", "what"), [(math.nan, "missing"), (math.inf, "not finite")], ids=["nan", "inf"]
)
def test_values_that_are_not_finite_are_named_with_their_seeds(claim, value, what):
    data, made = observations(range(9)), claim("expect: m(a) < m(b)")
    data["m"][{"seed": [3, 5], "arm": 1}] = value
    with pytest.raises(NonFiniteObservation, match=rf"`m\(arm=b\)` is {what} for seed 3, 5;"):
        extract_sample(data, made.ask("default").terms, made.spec.experiment("default"))


def test_a_description_leaves_seeds_and_replicates_out():
    arms = ("a", "b", "c")
    assert description_of(observations(range(2)), ("batch",)) == {
        "m": {"arm": arms},
        "n": {"arm": arms},
        "z": {},
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_an_atoms_estimands_take_the_means_in_the_order_given(order):
    terms, (compiled,) = compile_claim(parse_claim("(a - b) / c < 0.5"), Options(), {}, VOCABULARY)
    atom = atom_of(compiled, [terms[i] for i in order])
    means = np.array([5.0, 3.0, 4.0])
    in_sample = means[list(order)]
    values = [float(e(in_sample)[0]) for e in (atom.estimand, *atom.fraction, *atom.nonzero)]
    assert values == pytest.approx([0.5, 2.0, 4.0, 4.0])
    assert (atom.lower, atom.upper) == (-math.inf, 0.5)


def test_claims_without_a_division_have_no_fraction():
    terms, (compiled,) = compile_claim(parse_claim("a < b"), Options(), {}, VOCABULARY)
    assert atom_of(compiled, terms).fraction is None
