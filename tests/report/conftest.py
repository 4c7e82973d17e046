"""Results that the reports are made of: recorded values, and a run of the suite on coins."""

import textwrap

import numpy as np
import pytest

from tests.support.coin import KIND
from tests.support.reports import SUITE
from tests.support.results import draw, judged


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Five claims judged on 16 recorded seeds."""
    return judged(tmp_path_factory.mktemp("report"), draw(np.random.default_rng(1)))


@pytest.fixture
def run(run_claims, pytester, monkeypatch):
    """`run(*options)`: pytest on a suite of three claims, of which `tiny` fails."""
    (pytester.path / "coin.py").write_text(KIND)
    monkeypatch.setenv("MEASURED", str(pytester.path / "measured"))
    (pytester.path / "claims.yaml").write_text(textwrap.dedent(SUITE))
    monkeypatch.setenv("CLAIMS_STORE", str(pytester.path / "store"))
    for name in (
        "GITHUB_STEP_SUMMARY",
        "GITHUB_ACTIONS",
        "GITHUB_WORKSPACE",
        "NO_COLOR",
        "FORCE_COLOR",
        "PY_COLORS",
    ):
        monkeypatch.delenv(name, raising=False)

    return lambda *options, **how: run_claims("--claims-file=claims.yaml", *options, **how)
