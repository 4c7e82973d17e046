"""How small an error can be asked for: every confidence that is allowed works, the others are
refused before anything is measured.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from claims.inference import (
    MAX_CONFIDENCE,
    Atom,
    InferenceError,
    Sample,
    Verdict,
    allowed,
    decide,
    largest_confidence,
    schedule,
)
from claims.inference.decision import judge_worlds
from claims.inference.levels import (
    BEYOND,
    LEAST_LEVEL,
    MOST_RESAMPLES,
    USUAL_RESAMPLES,
    resamples_for,
)


@pytest.mark.parametrize("confidence", [0.95, 0.999, 0.9999, MAX_CONFIDENCE])
def test_every_allowed_confidence_can_be_had(confidence, linear):
    assert allowed(confidence)
    x = np.random.default_rng(0).normal(9, 1, (20, 1))
    d = decide(
        Sample((x,)),
        [Atom(linear(1), lower=0)],
        confidence=confidence,
        rng=np.random.default_rng(0),
    )
    assert d.verdict is Verdict.SUPPORTED and np.isfinite(d.atoms[0].low)


def test_long_schedules_share_what_is_allowed(linear):
    looks = schedule(16, 1, 40, 0.999)
    assert len(looks) == 25 and allowed(0.999, 25) and not allowed(0.999, 26)
    x = np.random.default_rng(0).normal(9, 1, (16, 1))
    d = decide(
        Sample((x,)),
        [Atom(linear(1), lower=0)],
        confidence=looks[0].confidence,
        rng=np.random.default_rng(0),
    )
    assert d.verdict is Verdict.SUPPORTED


@pytest.mark.parametrize("confidence", [0.99999, 1 - 1e-9])
def test_more_is_refused_by_name(confidence, linear):
    assert not allowed(confidence) and confidence > largest_confidence() == MAX_CONFIDENCE
    with pytest.raises(InferenceError, match=r"`confidence` must be at most 0\.99996"):
        decide(
            Sample((np.arange(40.0)[:, None],)),
            [Atom(linear(1), lower=0)],
            confidence=confidence,
            rng=np.random.default_rng(0),
        )


@pytest.mark.parametrize("confidence", [0, 1, -1, 2, float("nan")])
def test_what_is_no_confidence_is_not_allowed(confidence):
    assert not allowed(confidence)


def test_resamples_grow_with_the_level_and_are_bounded():
    assert resamples_for(0.025) == USUAL_RESAMPLES
    assert resamples_for(LEAST_LEVEL) == MOST_RESAMPLES == resamples_for(1e-9)
    for level in (0.025, 1e-3, 1e-4, LEAST_LEVEL):
        assert level * (resamples_for(level) + 1) >= BEYOND * (1 - 1e-9)


def test_worlds_get_the_resamples_their_level_needs(linear):
    cells = [np.random.default_rng(0).normal(9, 1, (2, 16, 1))]
    judged = judge_worlds(
        cells,
        [Atom(linear(1), lower=0)],
        confidence=0.9999,
        method="t",
        n_resamples=99,
        rng=np.random.default_rng(0),
    )
    assert judged.supported.all()


def test_claim_files_are_checked_without_numpy():
    code = (
        "import sys; from claims.inference import allowed; print(allowed(0.95), {'numpy', "
        "'scipy'} & set(sys.modules))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "True set()"
    )
