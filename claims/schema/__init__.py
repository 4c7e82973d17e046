"""claims.yaml to a frozen, checked Suite."""

from claims.schema.loading import Reading, load_suite, read_suite
from claims.schema.problems import ClaimFileError, Problem
from claims.schema.suite import (
    Claim,
    ExperimentSpec,
    Memo,
    NotAsked,
    Question,
    Reported,
    Seeds,
    Suite,
    Undescribed,
)

__all__ = [
    "Claim",
    "ClaimFileError",
    "ExperimentSpec",
    "Memo",
    "NotAsked",
    "Problem",
    "Question",
    "Reading",
    "Reported",
    "Seeds",
    "Suite",
    "Undescribed",
    "load_suite",
    "read_suite",
]
