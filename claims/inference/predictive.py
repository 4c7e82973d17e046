"""What fresh replicates would say: the chance that a claim passes again.

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
from claims.inference.types import Atom, Sample, Verdict

FEWEST_RESAMPLES, MOST_RESAMPLES = 999, 9999
BEYOND = 8  # reference points beyond a bound, at least
AIM, CLOSE, TRIES, MOST_SEEDS = (
    0.9,
    0.02,
    3,
    2000,
)  # of the search for a number of seeds: what it looks for, what will do, how far it goes
AT_ONCE = 100  # worlds that share their resampling weights; bounds memory too


@dataclass(frozen=True)
class Verdicts:
    """A claim in B worlds, its looks taken in turn. supported, refuted: (B,). alone: (atoms, B),
    each atom supported taken alone.
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
    """Judge `atoms` in B worlds; cells (B, n_c, T_c), of which a look sees the first `look.n` rows,
    or all where there is one look.
    """
    parts = [
        _judge_part([c[start : start + AT_ONCE] for c in cells], tuple(atoms), looks, rng, method)
        for start in range(0, len(cells[0]), AT_ONCE)
    ]
    return Verdicts(
        *(
            np.concatenate([getattr(p, name) for p in parts], axis=-1)
            for name in ("supported", "refuted", "alone")
        )
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
    open_, single = np.arange(n_worlds), len(looks) == 1
    for look in looks:
        seen = [
            (c if len(open_) == n_worlds else c[open_])[:, : None if single else look.n]
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
        supported[open_], refuted[open_] = judged.supported, judged.refuted
        alone[:, open_] |= np.stack([s.p_value <= judged.level for s in judged.studies])
        open_ = open_[~(judged.supported | judged.refuted)]
        if not len(open_):
            break
    return Verdicts(supported, refuted, alone)


def _resamples(confidence: float) -> int:
    """Enough for the bound to be a quantile and not an extreme; no more than `decide` takes."""
    return min(MOST_RESAMPLES, max(FEWEST_RESAMPLES, ceil(BEYOND / level_of(confidence)) - 1))


def fresh_worlds(
    sample: Sample, sizes: Sequence[int], n_worlds: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Fresh replicates as the sample predicts them: per cell (B, size, T_c).

    A truth is drawn from the resampling distribution of the sample, then replicates from the
    resample, centred on that truth. Both draws see too little spread, being from the sample itself,
    by (n - 1) / n in variance each: put back here. Rows are drawn by number, so that claims on the
    same seeds, given equal generators, look at the same worlds.
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


def passes(
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
    """In which of `n_worlds` predicted worlds the whole schedule of looks comes out `expected`:
    (B,) bool. `pass_again` is its mean.

    worlds: draws the worlds; rng: the resamples by which they are judged.
    """
    sizes = (
        sample.sizes
        if len(looks) == 1 and len(sample.cells) > 1
        else [looks[-1].n] * len(sample.cells)
    )
    return judge_schedule(
        fresh_worlds(sample, sizes, n_worlds, worlds), atoms, looks, rng, method=method
    ).are(expected)


def chance_at(
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
    """The chance that `size` fresh replicates (of the largest cell, the others in proportion), in
    one look, come out `expected`.
    """
    sizes = [max(1, round(n * size / max(sample.sizes))) for n in sample.sizes]
    looks = (Look(size, 1.0, confidence),)
    return float(
        judge_schedule(fresh_worlds(sample, sizes, n_worlds, worlds), atoms, looks, rng)
        .are(expected)
        .mean()
    )


def seeds_to_pass(
    chance: Callable[[int], float], n: int, first: tuple[int, float], confidence: float
) -> int | None:
    """About the number of replicates with which `chance(size)` is 90 %; None where none is found.

    n: replicates of the sample; first: a size and its chance, known already. Were all normal, an
    effect of d standard errors of the sample, itself known to within one of them, would be shown by
    n r^2 replicates with a chance of Phi((d r - c) / sqrt(r^2 + 1)), c the critical value: every
    evaluation gives a d, which names the size to be tried next. After `TRIES` it is read off
    between the nearest two.
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
    would have less, or too many are needed.
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
    """A share that has a finite normal quantile."""
    return min(max(share, 0.001), 0.999)
