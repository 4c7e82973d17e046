"""Samples and atoms: what is refused."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from claims.inference import Atom, InferenceError, Sample


@pytest.mark.parametrize("bad", [np.nan, inf, -inf])
def test_a_value_that_is_no_number_is_named(bad):
    x = np.zeros((4, 3))
    x[2, 1] = bad
    with pytest.raises(InferenceError, match=r"cell 0, replicate 2, term 1 is"):
        Sample((x,))


@pytest.mark.parametrize("ends", [(1, 0), (0, 0), (np.nan, 1), (-inf, inf)])
def test_thresholds_that_test_nothing_are_refused(ends, linear):
    with pytest.raises(InferenceError):
        Atom(linear(1), *ends)


@pytest.mark.parametrize(
    "cell", [np.zeros(3), np.zeros((0, 2)), np.zeros((3, 0)), np.zeros((2, 2, 2))]
)
def test_cells_have_replicates_and_terms(cell):
    with pytest.raises(InferenceError, match="cell 0"):
        Sample((cell,))
