"""Holm's correction against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.inference import InferenceError, holm


def test_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@settings(derandomize=True, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.5))
def test_rejects_what_the_step_down_procedure_rejects(p, level):
    order, alive = np.argsort(p, kind="stable"), True
    rejected = np.zeros(len(p), dtype=bool)
    for rank, i in enumerate(order):
        alive = alive and p[i] * (len(p) - rank) <= level
        rejected[i] = alive
    assert [q <= level for q in holm(p)] == list(rejected)


@pytest.mark.parametrize("p", [[-0.1], [1.1], [np.nan]])
def test_only_probabilities(p):
    with pytest.raises(InferenceError, match="`p_values`"):
        holm(p)
