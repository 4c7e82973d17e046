"""Verdicts from replicates: intervals, p-values, equivalence, conjunctions, looks and power. Pure functions on arrays."""

from claims.inference.atoms import METHODS
from claims.inference.decision import decide
from claims.inference.looks import Look, overall, schedule
from claims.inference.multiplicity import holm
from claims.inference.power import MOST_SEEDS
from claims.inference.types import Atom, AtomResult, Decision, Estimand, InferenceError, Sample, Verdict

__all__ = [
    "METHODS",
    "MOST_SEEDS",
    "Atom",
    "AtomResult",
    "Decision",
    "Estimand",
    "InferenceError",
    "Look",
    "Sample",
    "Verdict",
    "decide",
    "holm",
    "overall",
    "schedule",
]
