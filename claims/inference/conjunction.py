"""Conjunctions of atoms: support needs all of them, refutation is corrected over them with their
joint resamples.
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from claims.inference.atoms import FINE, AtomJudgement


def support(atoms: list[AtomJudgement]) -> np.ndarray:
    """p-value of the conjunction, (B,): the largest of the atoms', each at its own level
    (intersection-union test).
    """
    return np.max([atom.p_value for atom in atoms], axis=0)


def refutation(atoms: list[AtomJudgement], rng: np.random.Generator) -> np.ndarray:
    """Corrected p-value for "this atom is false", (atoms, B).

    Single-step min-p of Westfall and Young (1993), which treats atoms of different skewness alike:
    the share of joint resamples in which the most extreme of all sides is as extreme as this atom
    is. Never below the uncorrected p-value, never above Bonferroni's. An atom with two thresholds
    has two sides; the further one counts at its distance from the nearer. rng: breaks ties between
    resamples, atom by atom, so that discrete replicates do not make the correction vanish.
    """
    raw = np.stack([np.minimum(atom.p_under, atom.p_over) for atom in atoms])  # (A, B)
    sides = sum(isfinite(t) for atom in atoms for t in atom.atom.thresholds)
    if sides == 1:
        return raw
    most = np.minimum(1.0, sides * raw)
    pivots = [atom.pivots for atom in atoms if atom.pivots is not None]
    if len(pivots) < len(atoms):
        return most
    least = np.full(pivots[0].shape, np.inf)  # (B, R)
    for atom, its_pivots in zip(atoms, pivots, strict=True):
        usable = atom.trouble == FINE
        tails = _tails(atom, its_pivots[usable], usable, rng)
        least[usable] = np.minimum(least[usable], tails)
    joint = np.stack([(least <= p[:, None]).mean(axis=1) for p in raw])
    return np.clip(joint, raw, most)


def _tails(
    judged: AtomJudgement, pivots: np.ndarray, usable: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Each resample's smaller p-value over the refuting sides of one atom, (usable worlds, R);
    pivots: of the usable worlds.
    """
    ranks = _ranks(pivots, rng)
    total = pivots.shape[1] + 1
    lower, upper = judged.atom.thresholds
    if not isfinite(lower):
        return 1 - ranks / total  # refuted by lying above
    if not isfinite(upper):
        return ranks / total
    out = np.empty_like(pivots)
    near_upper = (judged.p_over <= judged.p_under)[usable]
    gaps = (upper - lower) / judged.fit.error[usable]
    for b, (p, gap) in enumerate(zip(pivots, gaps, strict=True)):
        ordered = np.sort(p)
        if near_upper[b]:
            near, far = 1 - ranks[b] / total, 1 + np.searchsorted(ordered, p + gap, side="right")
        else:
            near, far = ranks[b] / total, total - np.searchsorted(ordered, p - gap, side="left")
        out[b] = np.minimum(near, far / total)
    return out


def _ranks(pivots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ranks 1 to R along the last axis, (B, R), ties in random order."""
    shuffle = rng.permutation(pivots.shape[1])
    order = shuffle[np.argsort(pivots[:, shuffle], axis=1)]
    ranks = np.empty(pivots.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, pivots.shape[1] + 1)[None], axis=1)
    return ranks
