"""The page on `replication_probability`: scores and intervals on made-up sets, whose truth is
known.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import replication
from benchmarks.replication import Case, calibration, cases_of, page, scores
from claims.inference import Atom, Sample
from claims.inference.worlds import linear

SETS = 20


def made(rng, chances, predicted=None, n_sets=SETS):
    """Cases that pass with these chances, and are predicted to do so, or with others."""
    told = chances if predicted is None else predicted
    return [
        Case(
            f"c{i}",
            "as it stands",
            np.arange(n_sets),
            np.full(n_sets, p),
            (rng.random(n_sets) < chance).astype(float),
        )
        for i, (chance, p) in enumerate(zip(chances, told, strict=True))
    ]


def test_scores_are_briers():
    case = Case(
        "c", "as it stands", np.arange(3), np.array([0.5, 0.9, 0.1]), np.array([1.0, 1.0, 0.0])
    )
    other = Case(
        "d", "shifted for 0.5", np.array([1, 2]), np.array([0.2, 0.4]), np.array([0.0, 0.0])
    )
    brier, own, base = scores([case, other])
    # each against the two others
    first = np.mean([(0.5**2 + 0.5**2) / 2, (0.1**2 + 0.9**2) / 2, (0.9**2 + 0.9**2) / 2])
    assert brier == pytest.approx((first + (0.2**2 + 0.4**2) / 2) / 2)
    assert own == pytest.approx((2 / 9 + 0) / 2)
    rate = (2 / 3 + 0) / 2
    assert base == pytest.approx(((2 * (1 - rate) ** 2 + rate**2) / 3 + rate**2) / 2)


def test_honest_predictions_lie_in_their_bins_intervals_and_others_do_not():
    rng = np.random.default_rng(0)
    chances = np.repeat([0.1, 0.3, 0.5, 0.7, 0.9], 30)
    honest = list(calibration(made(rng, chances), SETS))
    assert [b.n for b in honest] == [600] * 5
    assert sum(b.least <= b.predicted <= b.most for b in honest) >= 4
    boastful = list(calibration(made(rng, chances * 0.7, chances), SETS))
    assert all(b.most < b.predicted for b in boastful[1:])


def test_intervals_are_over_sets_and_not_over_predictions():
    """Thirty claims that pass and fail together know no more than one: their interval is not the
    narrower for being thirty.
    """
    rng = np.random.default_rng(1)
    (one,) = made(rng, [0.5])
    alone, copied = (next(iter(calibration(cases, SETS))) for cases in ([one], [one] * 30))
    assert (alone.least, alone.most) == pytest.approx((copied.least, copied.most))
    assert alone.most - alone.least > 0.25


def test_the_set_that_fixed_a_threshold_is_no_part_of_that_copys_score(monkeypatch):
    monkeypatch.setattr(replication, "WORLDS", 20)
    rng = np.random.default_rng(2)
    samples = [Sample([rng.normal(0.5, 1, (16, 1))]) for _ in range(4)]
    claim = SimpleNamespace(id="c", confidence=0.95)
    whole, *copies = cases_of(claim, [Atom(linear(1), lower=0.0)], "supported", samples)
    assert whole.sets.tolist() == [0, 1, 2, 3] and len(copies) == len(replication.AIMS)
    assert all(
        c.sets.tolist() == [1, 2, 3] and len(c.predicted) == len(c.came) == 3 for c in copies
    )


def test_the_page_states_what_was_judged_and_against_what_it_is_scored():
    text = page(made(np.random.default_rng(0), [0.2, 0.8], n_sets=5), 5)
    for told in (
        "5 disjoint sets of 16",
        "in one look, on 16 seeds",
        "online training are left out",
        "left out of their scores",
        "of the overall pass rate, predicted for every claim, 0.",
        "bootstrap over sets",
        "| 0.8 to 1.0 | 5 | 0.800 |",
    ):
        assert told in text, told
