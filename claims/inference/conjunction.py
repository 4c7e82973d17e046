"""Several atoms: support needs them all, refutation is corrected over them with the joint resamples."""

from __future__ import annotations

from math import isfinite

import numpy as np

from claims.inference.atoms import FINE, Study


def support(studies: list[Study]) -> np.ndarray:
    """p-value of the conjunction, (B,): the largest of the atoms'. Intersection-union: each at its own level is enough."""
    return np.max([s.p_value for s in studies], axis=0)


def refutation(studies: list[Study]) -> np.ndarray:
    """Corrected p-value for "this atom is false", (atoms, B).

    Single-step min-p of Westfall and Young (1993), which is max-T made fair between atoms of different skewness: in how
    many joint resamples does the most extreme of all sides look as extreme as this atom does. Never below the uncorrected
    p-value, never above Bonferroni's. An atom with two thresholds has two sides; the one further from the data is
    counted as far away as it is when the truth sits on the nearer.
    """
    raw = np.stack([np.minimum(s.p_under, s.p_over) for s in studies])  # (A, B)
    sides = sum(isfinite(t) for s in studies for t in s.thresholds)
    if sides == 1:
        return raw
    if any(s.reference is None for s in studies):
        return np.minimum(1.0, sides * raw)
    out = np.empty_like(raw)
    for b in range(raw.shape[1]):
        usable = [s for s in studies if s.trouble[b] == FINE]
        if not usable:
            out[:, b] = 1.0
            continue
        least = np.min([p for s in usable for p in _tails(s, b)], axis=0)  # (R,)
        least.sort()
        joint = np.searchsorted(least, raw[:, b], side="right") / len(least)
        out[:, b] = np.clip(joint, raw[:, b], np.minimum(1.0, sides * raw[:, b]))
    return out


def _tails(study: Study, b: int) -> list[np.ndarray]:
    """Each resample's p-value for every refuting side of one atom in one world, (R,) each."""
    assert study.pivots is not None
    pivots = study.pivots[b]
    lower, upper = study.thresholds
    ordered = np.sort(pivots)
    near_upper = study.p_over[b] <= study.p_under[b]
    gap = (upper - lower) / study.error[b]
    tails = []
    if isfinite(upper):  # refuted by lying above
        shifted = pivots if near_upper or not isfinite(lower) else pivots - gap
        tails.append((1 + len(ordered) - np.searchsorted(ordered, shifted, side="left")) / (len(ordered) + 1))
    if isfinite(lower):
        shifted = pivots if not (near_upper and isfinite(upper)) else pivots + gap
        tails.append((1 + np.searchsorted(ordered, shifted, side="right")) / (len(ordered) + 1))
    return tails
