"""Geometry of the estimation plots against the numbers that they show."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from claims.language.quantities import at_means, over_seeds, quantity, sides_of
from claims.report import plots
from tests.support.results import draw, evidence_of, judged


def test_an_estimand_is_rebuilt_from_its_text(result):
    for e in result.claims:
        for a in e.atoms:
            assert at_means(quantity(a.estimand), e.terms) == pytest.approx(a.estimate, rel=1e-12)
    e = evidence_of(result, "ordered")
    left, right = sides_of(quantity(e.atoms[0].estimand))
    assert over_seeds(left, e.terms).tolist() == e.terms["loss(rule=a)"]
    assert over_seeds(right, e.terms).tolist() == e.terms["loss(rule=b)"]


def dots(column):
    return [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", column.dots)]


def test_every_seed_is_a_dot_at_its_value_and_pairs_are_joined(result):
    e = evidence_of(result, "ordered")
    drawn = plots.plot(e, e.atoms[0], {"loss(rule=a)": 0.9})
    heights = [[y for _, y in dots(column)] for column in drawn.columns]
    assert [len(h) for h in heights] == [16, 16] and drawn.pairs.count("M") == 16
    # heights are a falling straight line in the values
    for term, ys in zip(("a", "b"), heights, strict=True):
        values = np.array(e.terms[f"loss(rule={term})"])
        slope, at0 = np.polyfit(values, ys, 1)
        assert slope < 0 and np.abs(slope * values + at0 - ys).max() < 0.2
    # the memo's figure is on the side it is about
    assert [c.memo is not None for c in drawn.columns] == [True, False]
    assert drawn.columns[0].memo_text == "memo: 0.9"


def test_differences_stand_beside_the_values_on_the_same_scale(result):
    e = evidence_of(result, "ordered")
    drawn = plots.plot(e, e.atoms[0], {})
    # zero stands at B's mean, so the estimate at A's
    assert drawn.bar.estimate == pytest.approx(drawn.columns[0].mean, abs=0.2)
    assert drawn.zero[2] == pytest.approx(drawn.columns[1].mean, abs=0.2)
    assert drawn.bar.low > drawn.bar.estimate > drawn.bar.high  # y grows downwards


def test_a_seed_far_out_is_an_arrow_and_does_not_flatten_the_rest(tmp_path):
    values = draw(np.random.default_rng(3), 20)
    values["a"][4] = 9.0
    e = evidence_of(judged(tmp_path, values), "below")
    column = plots.plot(e, e.atoms[0], {}).columns[0]
    assert column.dots.count("h0") == 19 and column.edge.count("M") == 1
    heights = [y for _, y in dots(column)]
    assert max(heights) - min(heights) > 30


@pytest.mark.parametrize("text", ["", "loss(", "loss(a)", "nowhere(x=1)"])
def test_what_cannot_be_rebuilt_is_not_drawn(result, text):
    e = evidence_of(result, "below")
    assert plots.plot(e, replace(e.atoms[0], estimand=text), {}) is None
