"""`decide`: the verdict on one claim, from its sample and its atoms. `judge_worlds`: the same for
many simulated samples at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from claims.inference import conjunction, power, reference
from claims.inference.atoms import (
    CAUSES,
    METHODS,
    SMALLEST_CELL,
    AtomJudgement,
    fewest,
    judge_atom,
)
from claims.inference.levels import LEAST_LEVEL, MAX_CONFIDENCE, MOST_RESAMPLES, resamples_for
from claims.inference.outcomes import Cause, Verdict
from claims.inference.resampling import Draws
from claims.inference.types import Atom, AtomResult, Decision, InferenceError, Sample


@dataclass(frozen=True)
class Judgement:
    """A claim judged in B worlds. p_value: (B,). p_refutes: (atoms, B), corrected over the atoms.
    level: one-sided.
    """

    atoms: list[AtomJudgement]
    p_value: np.ndarray
    p_refutes: np.ndarray
    level: float

    @property
    def p_refute(self) -> np.ndarray:
        """For some atom being false, corrected over the atoms."""
        return self.p_refutes.min(axis=0)

    @property
    def supported(self) -> np.ndarray:
        """In which worlds the claim is supported."""
        return self.p_value <= self.level

    @property
    def refuted(self) -> np.ndarray:
        """In which worlds the claim is refuted."""
        return (self.p_refute <= self.level) & ~self.supported


def judge_worlds(
    cells: Sequence[np.ndarray],
    atoms: Sequence[Atom],
    *,
    confidence: float,
    method: str,
    n_resamples: int,
    rng: np.random.Generator,
) -> Judgement:
    """Judge `atoms` in B worlds that share their resampling weights; cells (B, n_c, T_c). `decide`
    is this with B = 1.

    n_resamples: made larger where the level cannot be reached otherwise. Raises InferenceError.
    """
    level = level_of(confidence)
    n_resamples = max(n_resamples, min(MOST_RESAMPLES, reference.fewest_resamples(level)))
    reference.rank(level, n_resamples)  # raises for a level that so few cannot reach
    # what overflows or divides by zero is found by its result and reported as undefined
    with np.errstate(all="ignore"):
        draws = Draws(cells, n_resamples, rng)
        judged = [judge_atom(draws, atom, level, method) for atom in atoms]
        p_refutes = conjunction.refutation(judged, rng)
        return Judgement(judged, conjunction.support(judged), p_refutes, level)


def decide(
    sample: Sample,
    atoms: Sequence[Atom],
    *,
    confidence: float = 0.95,
    method: str = "bootstrap-t",
    n_resamples: int | None = None,
    rng: np.random.Generator,
) -> Decision:
    """Judge the conjunction of `atoms` on `sample`.

    confidence: two-sided; each one-sided test is at (1 - confidence) / 2. method: "bootstrap-t"
    (guarded by t), "studentized" (bootstrap-t as in the books), "t", "bca" or "percentile".
    n_resamples: 9,999, or more where the level needs them. The result depends on the generator's
    state but not on the order of the replicates. Raises InferenceError for arguments outside their
    domain.
    """
    atoms = tuple(atoms)
    n_resamples = _resamples_for(confidence) if n_resamples is None else n_resamples
    _check(atoms, method, n_resamples, rng)
    reference.rank(level_of(confidence), n_resamples)  # raises for a level that so few cannot reach
    judged = judge_worlds(
        [c[None] for c in sample.cells],
        atoms,
        confidence=confidence,
        method=method,
        n_resamples=n_resamples,
        rng=rng,
    )
    results = tuple(_result(judged, i, confidence) for i in range(len(atoms)))
    verdict = _verdict(bool(judged.supported[0]), bool(judged.refuted[0]))
    headline = _weakest(judged, verdict)
    inconclusive = verdict is Verdict.INCONCLUSIVE
    cause, reason = _cause(results, headline) if inconclusive else (None, "")
    return Decision(
        verdict=verdict,
        p_value=float(judged.p_value[0]),
        p_refute=float(judged.p_refute[0]),
        headline=headline,
        atoms=results,
        cause=cause,
        reason=reason,
        seeds_needed=power.seeds_needed(judged.atoms, sample.sizes, judged.level)
        if inconclusive
        else None,
        method=method,
        confidence=confidence,
    )


def _verdict(supported: bool, refuted: bool) -> Verdict:
    if supported:
        return Verdict.SUPPORTED
    return Verdict.REFUTED if refuted else Verdict.INCONCLUSIVE


def level_of(confidence: float) -> float:
    """One-sided level of a two-sided confidence. Raises InferenceError outside (0, 1)."""
    if not 0 < confidence < 1:
        raise InferenceError(
            f"`confidence` must be between 0 and 1, both excluded; got {confidence}."
        )
    # 5e-05, not 4.9999999999994e-05: p-values are compared with it
    return float(f"{(1 - confidence) / 2:.12g}")


def _resamples_for(confidence: float) -> int:
    level = level_of(confidence)
    if level < LEAST_LEVEL * (1 - 1e-6):
        raise InferenceError(
            f"`confidence` must be at most {MAX_CONFIDENCE:.6g}, over the looks that share "
            f"its error less; got {confidence}."
        )
    return resamples_for(level)


def _check(
    atoms: tuple[Atom, ...], method: str, n_resamples: int, rng: np.random.Generator
) -> None:
    if not atoms:
        raise InferenceError("`atoms` must hold at least one atom; it is empty.")
    if method not in METHODS:
        raise InferenceError(f"`method` must be one of {', '.join(METHODS)}; got {method!r}.")
    if not isinstance(rng, np.random.Generator):
        raise InferenceError(
            "`rng` must be a numpy.random.Generator, as from numpy.random.default_rng(0); "
            f"got {type(rng).__name__}."
        )
    if n_resamples != int(n_resamples) or n_resamples < 1:
        raise InferenceError(
            f"`n_resamples` must be a whole number of at least 1; got {n_resamples}."
        )


def _result(judged: Judgement, i: int, confidence: float) -> AtomResult:
    atom = judged.atoms[i]
    p_refute = float(judged.p_refutes[i, 0])
    verdict = _verdict(bool(atom.p_value[0] <= judged.level), p_refute <= judged.level)
    cause, reason = _trouble(atom, confidence)
    if cause is None and verdict is Verdict.INCONCLUSIVE:
        cause, reason = _undecided(atom)
    return AtomResult(
        estimate=float(atom.estimate[0]),
        low=float(atom.low[0]),
        high=float(atom.high[0]),
        p_value=float(atom.p_value[0]),
        p_refute=p_refute,
        verdict=verdict,
        cause=cause,
        reason=reason,
    )


def _trouble(atom: AtomJudgement, confidence: float) -> tuple[Cause | None, str]:
    """Why an atom cannot be judged at all, as code and sentence; None and "" where it can."""
    cause = CAUSES[int(atom.trouble[0])]
    if cause is None:
        return None, ""
    sizes, detail = " and ".join(map(str, atom.sizes)), ""
    if cause is Cause.TOO_FEW:
        detail = f": {sizes}{_needed(atom, confidence)}"
    elif cause is Cause.DEGENERATE:
        detail = f": all {sizes} replicates agree, so nothing is known of the spread"
    return cause, f"{cause.sentence}{detail}"


def _needed(atom: AtomJudgement, confidence: float) -> str:
    if len(atom.sizes) > 1 and min(atom.sizes) < SMALLEST_CELL:
        return f"; each condition needs at least {SMALLEST_CELL}"
    needed = fewest(atom.sizes, level_of(confidence))
    return f" cannot give {confidence:.6g} confidence; at least {needed} are needed"


def _undecided(judged: AtomJudgement) -> tuple[Cause, str]:
    """Why an atom that can be judged is inconclusive, as code and sentence."""
    low, high, (lower, upper) = judged.low[0], judged.high[0], judged.atom.thresholds
    if low >= upper or high <= lower:
        return Cause.NOT_AFTER_CORRECTION, Cause.NOT_AFTER_CORRECTION.sentence
    inside = [f"{t:.6g}" for t in (lower, upper) if isfinite(t) and low <= t <= high]
    return Cause.UNDECIDED, f"{Cause.UNDECIDED.sentence} {' and '.join(inside)}"


def _cause(results: tuple[AtomResult, ...], headline: int) -> tuple[Cause | None, str]:
    """Why the claim is inconclusive: the headline's cause, or the first that there is."""
    causes = ((r.cause, r.reason) for r in (results[headline], *results) if r.cause is not None)
    return next(causes, (None, ""))


def _weakest(judged: Judgement, verdict: Verdict) -> int:
    """Index of the atom that decides the claim; of those with equal p-values the one nearest its
    threshold.
    """
    if verdict is Verdict.REFUTED:
        ranks = [
            (p, power.margin(atom))
            for p, atom in zip(judged.p_refutes[:, 0], judged.atoms, strict=True)
        ]
    else:
        ranks = [(-atom.p_value[0], power.margin(atom)) for atom in judged.atoms]
    return min(range(len(ranks)), key=ranks.__getitem__)
