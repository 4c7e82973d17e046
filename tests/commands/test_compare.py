"""`python -m claims compare`: what it prints, and when it fails."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.commands import call
from tests.support.results import draw, judged


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def old(tmp_path):
    return judged(tmp_path / "old", draw(rng(1)))


def test_compare_tells_and_fails_on_drift_when_asked(old, tmp_path):
    new = judged(tmp_path / "new", draw(rng(2), a=1.4), first_seed=100)
    told = call("compare", old.path, new.path)
    assert told.exit_code == 0 and "! below: Still supported, but the effect shrank" in told.output
    assert max(map(len, told.output.splitlines())) <= 80
    assert call("compare", old.path, new.path, "--fail-on", "drift").exit_code == 1
    assert call("compare", old.path, old.path, "--fail-on", "drift").exit_code == 0
    assert "<h2" in call("compare", old.path, new.path, "--format", "html").output
    assert (
        "| verdict | claim |" in call("compare", old.path, new.path, "--format", "markdown").output
    )
