"""The claim file: read, checked, and as a frozen Suite."""

from claims.schema.loading import LoadResult, load_suite, read_suite
from claims.schema.problems import ClaimFileError, Problem
from claims.schema.specs import ExperimentSpec, Undescribed
from claims.schema.suite import (
    Claim,
    Memo,
    NotAsked,
    Question,
    Reported,
    Seeds,
    Suite,
)

__all__ = [
    "Claim",
    "ClaimFileError",
    "ExperimentSpec",
    "LoadResult",
    "Memo",
    "NotAsked",
    "Problem",
    "Question",
    "Reported",
    "Seeds",
    "Suite",
    "Undescribed",
    "load_suite",
    "read_suite",
]
