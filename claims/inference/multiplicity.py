"""Holm's correction over the claims of one memo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from claims.inference.types import InferenceError


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm-adjusted p-values (Holm 1979), in the order given; the family-wise error holds under any
    dependence. Raises InferenceError for values outside [0, 1].
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise InferenceError("`p_values` must be a list of numbers between 0 and 1.")
    order = np.argsort(p, kind="stable")
    adjusted = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    out = np.empty(len(p))
    out[order] = adjusted
    return [float(v) for v in out]
