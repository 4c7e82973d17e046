"""Several atoms: support needs them all, refutation is corrected over them with the joint
resamples.
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from claims.inference.atoms import FINE, Study


def support(studies: list[Study]) -> np.ndarray:
    """p-value of the conjunction, (B,): the largest of the atoms'. Intersection-union: each at its
    own level is enough.
    """
    return np.max([s.p_value for s in studies], axis=0)


def refutation(studies: list[Study], rng: np.random.Generator) -> np.ndarray:
    """Corrected p-value for "this atom is false", (atoms, B).

    Single-step min-p of Westfall and Young (1993), which is max-T made fair between atoms of
    different skewness: in how many joint resamples does the most extreme of all sides look as
    extreme as this atom does. Never below the uncorrected p-value, never above Bonferroni's. An
    atom with two thresholds has two sides; the one further from the data is counted as far away as
    it is when the truth sits on the nearer. rng: breaks ties between resamples, atom by atom, so
    that discrete replicates do not make the correction vanish.
    """
    raw = np.stack([np.minimum(s.p_under, s.p_over) for s in studies])  # (A, B)
    sides = sum(isfinite(t) for s in studies for t in s.thresholds)
    if sides == 1:
        return raw
    most = np.minimum(1.0, sides * raw)
    if any(s.reference is None for s in studies):
        return most
    least = np.full(studies[0].pivots.shape, np.inf)  # (B, R)
    for s in studies:
        usable = s.trouble == FINE
        least[usable] = np.minimum(least[usable], _tails(s, usable, rng))
    joint = np.stack([(least <= p[:, None]).mean(axis=1) for p in raw])
    return np.clip(joint, raw, most)


def _tails(study: Study, usable: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each resample's smaller p-value over the refuting sides of one atom, in the usable worlds,
    (B, R).
    """
    pivots = study.pivots[usable]
    ranks = _ranks(pivots, rng)
    total = pivots.shape[1] + 1
    lower, upper = study.thresholds
    if not isfinite(lower):
        return 1 - ranks / total  # refuted by lying above
    if not isfinite(upper):
        return ranks / total
    out = np.empty_like(pivots)
    near_upper = (study.p_over <= study.p_under)[usable]
    gaps = (upper - lower) / study.error[usable]
    for b, (p, gap) in enumerate(zip(pivots, gaps, strict=True)):
        ordered = np.sort(p)
        if near_upper[b]:
            near, far = 1 - ranks[b] / total, 1 + np.searchsorted(ordered, p + gap, side="right")
        else:
            near, far = ranks[b] / total, total - np.searchsorted(ordered, p - gap, side="left")
        out[b] = np.minimum(near, far / total)
    return out


def _ranks(pivots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ranks 1 to R along the last axis, ties in random order."""
    shuffle = rng.permutation(pivots.shape[1])
    order = shuffle[np.argsort(pivots[:, shuffle], axis=1)]
    ranks = np.empty(pivots.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, pivots.shape[1] + 1)[None], axis=1)
    return ranks
