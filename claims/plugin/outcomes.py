"""An outcome applied to a test: it passes, fails or is skipped, with the reason."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

from claims.evidence import ERROR, FAILED, INCONCLUSIVE, NOT_ASKED, Evidence, ended

if TYPE_CHECKING:
    from claims.false_positives import FalsePositiveCheck


class InconclusiveWarning(UserWarning):
    """A claim came out inconclusive and `--claims-inconclusive=warn` lets it pass."""


def apply_outcome(evidence: Evidence, *, inconclusive: str) -> None:
    """Pass, fail or skip the running test by a claim's evidence. `inconclusive`: what a claim does
    that is inconclusive and not expected to be, "fail" or "warn".
    """
    if evidence.outcome == NOT_ASKED:
        pytest.skip(evidence.reason)
    if evidence.outcome == FAILED and evidence.verdict == INCONCLUSIVE and inconclusive == "warn":
        warnings.warn(evidence.explanation(), InconclusiveWarning, stacklevel=2)
    elif evidence.outcome in (FAILED, ERROR):
        pytest.fail(evidence.explanation(), pytrace=False)


def apply_check(check: FalsePositiveCheck) -> None:
    """Pass, fail or skip the running test by whether a claim can fail."""
    if not check.asked:
        pytest.skip(check.reason)
    if check.error:
        pytest.fail(
            f"whether `{check.id}` can fail is not known in setting {check.setting}: "
            f"{ended(check.reason)}",
            pytrace=False,
        )
    if not check.passed:
        pytest.fail(f"`{check.id}` cannot fail as it should: {check.reason}", pytrace=False)
