"""The confidence that a claim may ask for. Imports nothing heavy: claim files are checked with it
before anything is measured.
"""

from __future__ import annotations

from math import ceil

USUAL_RESAMPLES = 9_999
MOST_RESAMPLES = 199_999
# points of the reference beyond a bound, at least: with fewer the bound is an extreme, not a
# quantile
BEYOND = 4
LEAST_LEVEL = BEYOND / (MOST_RESAMPLES + 1)  # one-sided, of one look
MAX_CONFIDENCE = 1 - 2 * LEAST_LEVEL  # of one look


def largest_confidence(n_looks: int = 1) -> float:
    """The largest two-sided confidence when the error is shared by so many looks."""
    return 1 - 2 * LEAST_LEVEL * n_looks


def allowed(confidence: float, n_looks: int = 1) -> bool:
    """Whether a claim may ask for this two-sided confidence over so many looks."""
    return 0 < confidence <= largest_confidence(n_looks) + 1e-12


def resamples_for(level: float) -> int:
    """Number of resamples for a one-sided level: the usual number, or more where the level is
    small.
    """
    return max(USUAL_RESAMPLES, min(MOST_RESAMPLES, ceil(BEYOND / level - 1e-6) - 1))
