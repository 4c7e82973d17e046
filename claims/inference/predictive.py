"""Predictions of replication: the chance that a claim passes again on fresh replicates.

Axes: B worlds, n replicates, T terms; C cells (one where the design is paired).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from scipy.special import ndtri

from claims.inference.decision import judge_worlds, level_of
from claims.inference.looks import Look
from claims.inference.outcomes import Verdict
from claims.inference.types import Atom, Sample

FEWEST_RESAMPLES, MOST_RESAMPLES = 999, 9999
BEYOND = 8  # reference points beyond a bound, at least
# of the search for a number of seeds: the chance sought, how near is near enough, evaluations, and
# the largest number
AIM, CLOSE, TRIES, MOST_SEEDS = 0.9, 0.02, 3, 2000
AT_ONCE = 100  # worlds that share their resampling weights; it bounds memory too


@dataclass(frozen=True)
class Verdicts:
    """Verdicts in B worlds. supported, refuted: (B,), of the claim. alone: (atoms, B), each atom
    supported if it were the whole claim.
    """

    supported: np.ndarray
    refuted: np.ndarray
    alone: np.ndarray

    def are(self, verdict: str) -> np.ndarray:
        """In which worlds the verdict is this one, (B,)."""
        named = {
            Verdict.SUPPORTED: self.supported,
            Verdict.REFUTED: self.refuted,
            Verdict.INCONCLUSIVE: ~(self.supported | self.refuted),
        }
        return named[Verdict(verdict)]


def judge_schedule(
    cells: Sequence[np.ndarray],
    atoms: Sequence[Atom],
    looks: Sequence[Look],
    rng: np.random.Generator,
    *,
    method: str = "bootstrap-t",
) -> Verdicts:
    """Judge `atoms` in B worlds by a schedule of looks; cells (B, n_c, T_c), of which a look takes
    the first `look.n` rows, or all where there is one look.
    """
    parts = [
        _judge_part([c[start : start + AT_ONCE] for c in cells], tuple(atoms), looks, rng, method)
        for start in range(0, len(cells[0]), AT_ONCE)
    ]
    return Verdicts(
        np.concatenate([part.supported for part in parts]),
        np.concatenate([part.refuted for part in parts]),
        np.concatenate([part.alone for part in parts], axis=1),
    )


def _judge_part(
    cells: Sequence[np.ndarray],
    atoms: tuple[Atom, ...],
    looks: Sequence[Look],
    rng: np.random.Generator,
    method: str,
) -> Verdicts:
    n_worlds = len(cells[0])
    supported, refuted = np.zeros(n_worlds, bool), np.zeros(n_worlds, bool)
    alone = np.zeros((len(atoms), n_worlds), bool)
    undecided, single = np.arange(n_worlds), len(looks) == 1
    for look in looks:
        seen = [
            (c if len(undecided) == n_worlds else c[undecided])[:, : None if single else look.n]
            for c in cells
        ]
        judged = judge_worlds(
            seen,
            atoms,
            confidence=look.confidence,
            method=method,
            n_resamples=_resamples(look.confidence),
            rng=rng,
        )
        supported[undecided], refuted[undecided] = judged.supported, judged.refuted
        alone[:, undecided] |= np.stack([s.p_value <= judged.level for s in judged.atoms])
        undecided = undecided[~(judged.supported | judged.refuted)]
        if not len(undecided):
            break
    return Verdicts(supported, refuted, alone)


def _resamples(confidence: float) -> int:
    """Enough for the bound to be a quantile and not an extreme; no more than `decide` uses."""
    return min(MOST_RESAMPLES, max(FEWEST_RESAMPLES, ceil(BEYOND / level_of(confidence)) - 1))


def fresh_worlds(
    sample: Sample, sizes: Sequence[int], n_worlds: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Fresh replicates as the sample predicts them: per cell (B, size, T_c); sizes: of each cell.

    A truth is drawn from the resampling distribution of the sample, then replicates from the
    resample, centred on that truth. Both draws are from the sample itself, so that their variance
    is too small by (n - 1) / n each, which is corrected. Rows are drawn by number, so that claims
    on the same seeds, given equal generators, see the same worlds.
    """
    return [
        _fresh_cell(cell, size, n_worlds, rng)
        for cell, size in zip(sample.cells, sizes, strict=True)
    ]


def _fresh_cell(cell: np.ndarray, size: int, n_worlds: int, rng: np.random.Generator) -> np.ndarray:
    n = len(cell)
    first, second = rng.integers(0, n, (n_worlds, n)), rng.integers(0, n, (n_worlds, size))
    if n == 1:
        return np.broadcast_to(cell, (n_worlds, size, cell.shape[1])).copy()
    centre, lost = cell.mean(axis=0), n / (n - 1)
    drawn = cell[first]  # (B, n, T)
    means = drawn.mean(axis=1, keepdims=True)
    truth = centre + np.sqrt(lost) * (means - centre)
    return truth + lost * (np.take_along_axis(drawn, second[..., None], axis=1) - means)


def replications(
    sample: Sample,
    atoms: Sequence[Atom],
    looks: Sequence[Look],
    expected: str,
    *,
    n_worlds: int,
    worlds: np.random.Generator,
    rng: np.random.Generator,
    method: str = "bootstrap-t",
) -> np.ndarray:
    """In which of `n_worlds` predicted worlds the schedule of looks gives the `expected` verdict,
    (B,) bool. The replication probability is its mean.

    worlds: draws the worlds. rng: draws the resamples by which they are judged.
    """
    sizes = (
        sample.sizes
        if len(looks) == 1 and len(sample.cells) > 1
        else [looks[-1].n] * len(sample.cells)
    )
    return judge_schedule(
        fresh_worlds(sample, sizes, n_worlds, worlds), atoms, looks, rng, method=method
    ).are(expected)


def replication_probability(
    size: int,
    sample: Sample,
    atoms: Sequence[Atom],
    expected: str,
    *,
    confidence: float,
    n_worlds: int,
    worlds: np.random.Generator,
    rng: np.random.Generator,
) -> float:
    """The chance that `size` fresh replicates (of the largest cell, the others in proportion) give
    the `expected` verdict in one look. worlds, rng: as for `replications`.
    """
    sizes = [max(1, round(n * size / max(sample.sizes))) for n in sample.sizes]
    looks = (Look(size, 1.0, confidence),)
    return float(
        judge_schedule(fresh_worlds(sample, sizes, n_worlds, worlds), atoms, looks, rng)
        .are(expected)
        .mean()
    )


def seeds_to_replicate(
    chance: Callable[[int], float], n: int, first: tuple[int, float], confidence: float
) -> int | None:
    """About the number of replicates with which `chance(size)` is 90 %; None where none is found.

    n: replicates of the sample. first: a size and its chance, known already. For normal data an
    effect of d standard errors of the sample, itself known to within one of them, is shown by n r^2
    replicates with a chance of Phi((d r - c) / sqrt(r^2 + 1)), c the critical value: every
    evaluation gives a d, and that the next size. After `TRIES` evaluations the result is
    interpolated between the nearest two.
    """
    critical = -ndtri(level_of(confidence))
    (size, found), short, enough = first, None, None
    for _ in range(TRIES):
        size = _next_size(size / n, found, n, critical)
        if size is None or (short and size <= short[0]) or (enough and size >= enough[0]):
            break
        found = chance(size)
        if abs(found - AIM) <= CLOSE:
            return size
        short, enough = ((size, found), enough) if found < AIM else (short, (size, found))
    if short is None or enough is None:
        return enough and enough[0]
    below, above = (ndtri(_inside(p)) for _, p in (short, enough))
    return ceil(short[0] * (enough[0] / short[0]) ** ((ndtri(AIM) - below) / (above - below)))


def _next_size(factor: float, found: float, n: int, critical: float) -> int | None:
    """The size with a chance of 90 % by normal theory; None where even infinitely many replicates
    have less, or where it is above MOST_SEEDS.
    """
    r, aim = sqrt(factor), ndtri(AIM)
    effect = (sqrt(factor + 1) * ndtri(_inside(found)) + critical) / r
    if effect <= aim:
        return None
    size = (
        n
        * (
            (effect * critical + aim * sqrt(max(0.0, effect**2 + critical**2 - aim**2)))
            / (effect**2 - aim**2)
        )
        ** 2
    )
    return ceil(size) if size <= MOST_SEEDS else None


def _inside(share: float) -> float:
    """A share moved to where the normal quantile is finite."""
    return min(max(share, 0.001), 0.999)
