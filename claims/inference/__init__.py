"""Verdicts from replicates: intervals, p-values, equivalence, conjunctions, looks and power. Pure
functions on arrays.

Names are imported when first used: `levels` and `outcomes`, which claim files and records need,
import neither numpy nor scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from claims.inference.levels import MAX_CONFIDENCE, allowed, largest_confidence
from claims.inference.outcomes import Cause, Code, Verdict

if TYPE_CHECKING:
    from claims.inference.atoms import METHODS
    from claims.inference.decision import decide
    from claims.inference.looks import Look, overall, schedule
    from claims.inference.multiplicity import holm
    from claims.inference.power import MOST_SEEDS
    from claims.inference.types import (
        Atom,
        AtomResult,
        Decision,
        Estimand,
        InferenceError,
        Sample,
    )

__all__ = [
    "MAX_CONFIDENCE",
    "METHODS",
    "MOST_SEEDS",
    "Atom",
    "AtomResult",
    "Cause",
    "Code",
    "Decision",
    "Estimand",
    "InferenceError",
    "Look",
    "Sample",
    "Verdict",
    "allowed",
    "decide",
    "holm",
    "largest_confidence",
    "overall",
    "schedule",
]

_HOMES = {
    "atoms": ("METHODS",),
    "decision": ("decide",),
    "looks": ("Look", "overall", "schedule"),
    "multiplicity": ("holm",),
    "power": ("MOST_SEEDS",),
    "types": ("Atom", "AtomResult", "Decision", "Estimand", "InferenceError", "Sample"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
