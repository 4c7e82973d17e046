"""A claim judged where it is false: in worlds drawn from its own sample, moved onto the claim's
boundary.

Axes: B worlds, n replicates, T terms; C cells (one where the design is paired).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from claims.inference.looks import Look
from claims.inference.outcomes import Code
from claims.inference.predictive import judge_schedule
from claims.inference.types import Atom, Sample

Range = tuple[float, float]  # lowest and highest value of a metric; infinite where there is none


class BoundaryFailure(Code):
    """Why a sample cannot be moved to where an atom is just false; the atom is the subject of the
    sentence.
    """

    UNDEFINED = (
        "undefined",
        "is undefined at the observed means (a division by zero, or a logarithm or root of "
        "a number that is not positive)",
    )
    UNREACHED = "unreached", "does not come to its threshold however the means are moved"
    OUTSIDE = (
        "outside",
        "comes to its threshold only at means outside the range of what is measured",
    )


@dataclass(frozen=True)
class Boundary:
    """One end of one atom, where it is just false: the claim was supported in `supported` of
    `n_worlds` there. obstacle: why there are no such worlds, if there are none.
    """

    atom: int
    threshold: float
    n_worlds: int = 0
    supported: int = 0
    obstacle: BoundaryFailure | None = None


def boundaries(
    sample: Sample,
    atoms: Sequence[Atom],
    looks: Sequence[Look],
    ranges: Sequence[Range],
    n_worlds: int,
    rng: np.random.Generator,
    *,
    symmetric: bool = True,
) -> list[Boundary]:
    """The claim judged on its boundary: for each end of each atom, in worlds drawn from the sample
    moved onto it.

    ranges: (T,), of the metric of each term. symmetric: each replicate's deviation gets a random
    sign; else the worlds are as skewed as the sample.

    The other atoms stay as observed. The count is the larger of two: how often the claim is
    supported, and how often the atom alone is, as the claim would be if the other atoms held for
    certain.
    """
    found = []
    for k, atom in enumerate(atoms):
        for threshold in (t for t in (atom.lower, atom.upper) if np.isfinite(t)):
            moved = shift_to_boundary(sample, atom, threshold, ranges)
            if isinstance(moved, BoundaryFailure):
                found.append(Boundary(k, threshold, obstacle=moved))
                continue
            sizes = sample.sizes if len(looks) == 1 else [looks[-1].n] * len(moved)
            verdicts = judge_schedule(
                [
                    _redrawn(c, size, n_worlds, rng, symmetric)
                    for c, size in zip(moved, sizes, strict=True)
                ],
                atoms,
                looks,
                rng,
            )
            count = max(int(verdicts.supported.sum()), int(verdicts.alone[k].sum()))
            found.append(Boundary(k, threshold, n_worlds, count))
    return found


def share_at_least(count: int, n: int, level: float) -> float:
    """Lower confidence bound (Clopper and Pearson 1934) on a share, of which `count` in `n` were
    seen; level: one-sided.
    """
    return float(betaincinv(count, n - count + 1, level)) if count else 0.0


def _redrawn(
    cell: np.ndarray, size: int, n_worlds: int, rng: np.random.Generator, symmetric: bool
) -> np.ndarray:
    """Rows resampled around the cell's mean, which is the truth of these worlds, (B, size, T);
    symmetric: with a random sign each.
    """
    n, centre = len(cell), cell.mean(axis=0)
    signs = rng.choice([-1.0, 1.0], (n_worlds, size, 1)) if symmetric else 1.0
    return centre + np.sqrt(n / max(1, n - 1)) * signs * (
        cell[rng.integers(0, n, (n_worlds, size))] - centre
    )


def shift_to_boundary(
    sample: Sample, atom: Atom, threshold: float, ranges: Sequence[Range]
) -> list[np.ndarray] | BoundaryFailure:
    """The sample's cells moved so that the atom's estimand at the means equals `threshold`, or why
    they cannot be.

    ranges: (T,), of the metric of each term. They are moved by the shortest way, measured by the
    replicates' own spread, in Newton steps. Where sides must be positive, values are scaled instead
    of shifted, so that they stay positive. Where the shortest way leaves the range of a term, only
    the atom's own terms are moved, without those that correlate with them. Other ways are not
    tried: with enough of them any margin is reached.
    """
    rows = [np.asarray(c, dtype=float) for c in sample.cells]
    start = np.concatenate([c.mean(axis=0) for c in rows])
    stretch = bool(atom.positive) and bool((start > 0).all())
    metric = _metric(rows, start, stretch)
    moved = _moved_in(metric, rows, start, stretch, atom, threshold, ranges)
    if moved is BoundaryFailure.OUTSIDE:
        uncorrelated = np.diag(np.diag(metric))
        return _moved_in(uncorrelated, rows, start, stretch, atom, threshold, ranges)
    return moved


def _moved_in(
    metric: np.ndarray,
    rows: Sequence[np.ndarray],
    start: np.ndarray,
    stretch: bool,
    atom: Atom,
    threshold: float,
    ranges: Sequence[Range],
) -> list[np.ndarray] | BoundaryFailure:
    """`shift_to_boundary` by the shortest way in one metric of the means, (T, T)."""
    place: Callable[[np.ndarray], np.ndarray] = (
        (lambda d: start * np.exp(d)) if stretch else (lambda d: start + d)
    )
    if not np.isfinite(np.concatenate([np.ravel(a) for a in atom.estimand(start)])).all():
        return BoundaryFailure.UNDEFINED
    move, first = np.zeros_like(start), None
    for _ in range(200):
        means = place(move)
        value, gradient = (np.asarray(a, dtype=float) for a in atom.estimand(means))
        gap = float(threshold - value)
        first = abs(gap) if first is None else first
        rounding = 1e-12 * (abs(gradient * means).sum() + abs(threshold))
        if abs(gap) <= 1e-9 * first + rounding:
            break
        slope = gradient * means if stretch else gradient
        direction = metric @ slope
        step = _damped(
            atom,
            place,
            move,
            direction * gap / (slope @ direction) if slope @ direction > 0 else None,
            threshold,
            gap,
        )
        if step is None:
            return BoundaryFailure.UNREACHED
        move = move + step
    else:
        return BoundaryFailure.UNREACHED
    low, high = np.transpose(ranges)
    if ((place(move) < low) | (place(move) > high)).any():
        return BoundaryFailure.OUTSIDE
    ends = np.split(place(move), np.cumsum([c.shape[1] for c in rows])[:-1])
    return [
        c * (end / c.mean(axis=0)) if stretch else c + (end - c.mean(axis=0))
        for c, end in zip(rows, ends, strict=True)
    ]


def _metric(rows: Sequence[np.ndarray], start: np.ndarray, stretch: bool) -> np.ndarray:
    """Covariance of the means (T, T), block by cell, plus a small share of each term's own size so
    that constants can move too; relative to `start` where values are scaled.
    """
    size = np.where(start == 0, np.abs(start).max() or 1.0, np.abs(start))
    metric, at = np.diag(1e-6 * size**2), 0
    for c in rows:
        part = slice(at, at + c.shape[1])
        deviations = c - c.mean(axis=0)
        metric[part, part] += deviations.T @ deviations / len(c) ** 2
        at = part.stop
    return metric / np.outer(start, start) if stretch else metric


def _damped(
    atom: Atom,
    place: Callable,
    move: np.ndarray,
    step: np.ndarray | None,
    threshold: float,
    gap: float,
) -> np.ndarray | None:
    """The step, halved until it brings the estimand nearer; None where it never does."""
    if step is None:
        return None
    for _ in range(40):
        value = float(np.asarray(atom.estimand(place(move + step))[0]))
        if np.isfinite(value) and abs(threshold - value) < abs(gap):
            return step
        step = step / 2
    return None


def cannot_fail(
    sample: Sample,
    atoms: Sequence[Atom],
    like: Sequence[int],
    ranges: Sequence[Range],
    rng: np.random.Generator,
    n_scrambles: int = 200,
) -> bool:
    """Whether every atom holds in every single replicate however its terms are scrambled, so that
    its limits are wider than the data.

    like: (T,) numbers, equal for terms of one metric, whose values are swapped with each other.
    ranges: (T,), of the metric of each term.
    """
    sizes = {len(c) for c in sample.cells}
    rows = np.concatenate([c[: min(sizes)] for c in sample.cells], axis=1)  # (n, T)
    scrambled = np.stack(
        [
            _perturb_and_permute(rows, np.asarray(like), np.asarray(ranges, dtype=float), rng)
            for _ in range(n_scrambles)
        ]
    )
    for atom in atoms:
        with np.errstate(all="ignore"):
            values = np.asarray(atom.estimand(scrambled)[0], dtype=float)
        known = values[np.isfinite(values)]
        if not known.size or not ((atom.lower < known) & (known < atom.upper)).all():
            return False
    return True


def _perturb_and_permute(
    rows: np.ndarray, like: np.ndarray, ranges: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Every value moved by its own size, then conditions swapped, (n, T).

    A metric that can be on either side of zero keeps or changes its sign; one that cannot becomes
    zero or is doubled, inside its range. Swaps alone would not be enough: they leave a single
    accuracy as it is, and two equal ones equal.
    """
    low, high = ranges.T
    either = ((low < 0) & (high > 0)) | ((rows < 0).any(axis=0) & (rows > 0).any(axis=0))
    signs = rng.choice([-1.0, 1.0], rows.shape)
    out = np.where(either, rows * signs, np.clip(rows * (1 + signs), low, high))
    for kind in np.unique(like):
        members = np.flatnonzero(like == kind)
        out[:, members] = rng.permuted(out[:, members], axis=1)
    return out
