"""`decide`: one claim, its sample and its atoms -> verdict. `judge_worlds`: the same for many
simulated samples at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from claims.inference import atoms as one
from claims.inference import conjunction, power, reference
from claims.inference.levels import LEAST_LEVEL, MAX_CONFIDENCE, MOST_RESAMPLES, resamples_for
from claims.inference.resampling import Draws
from claims.inference.types import Atom, AtomResult, Decision, InferenceError, Sample, Verdict


@dataclass(frozen=True)
class Judgement:
    """A claim in B worlds. p_value, p_refute: (B,); p_refutes: (atoms, B) corrected over the
    atoms.
    """

    studies: list[one.Study]
    p_value: np.ndarray
    p_refutes: np.ndarray
    level: float

    @property
    def p_refute(self) -> np.ndarray:
        return self.p_refutes.min(axis=0)

    @property
    def supported(self) -> np.ndarray:
        return self.p_value <= self.level

    @property
    def refuted(self) -> np.ndarray:
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

    n_resamples: taken larger where the level cannot be reached otherwise.
    """
    level = level_of(confidence)
    n_resamples = max(n_resamples, min(MOST_RESAMPLES, reference.fewest_resamples(level)))
    reference.rank(level, n_resamples)  # refuses a level that so few cannot reach
    with np.errstate(
        all="ignore"
    ):  # what overflows or divides by zero is found by its result and reported as undefined
        draws = Draws(cells, n_resamples, rng)
        studies = [one.study(draws, atom, level, method) for atom in atoms]
        return Judgement(
            studies, conjunction.support(studies), conjunction.refutation(studies, rng), level
        )


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
    state but not on the order of the replicates. Raises InferenceError for arguments that mean
    nothing.
    """
    atoms = tuple(atoms)
    n_resamples = _enough(confidence) if n_resamples is None else n_resamples
    _check(atoms, method, n_resamples, rng)
    reference.rank(
        level_of(confidence), n_resamples
    )  # refuses a level that so few resamples cannot reach
    judged = judge_worlds(
        [c[None] for c in sample.cells],
        atoms,
        confidence=confidence,
        method=method,
        n_resamples=n_resamples,
        rng=rng,
    )
    results = tuple(_result(judged, i, confidence) for i in range(len(atoms)))
    verdict = (
        Verdict.SUPPORTED
        if judged.supported[0]
        else Verdict.REFUTED
        if judged.refuted[0]
        else Verdict.INCONCLUSIVE
    )
    headline = _weakest(judged, verdict)
    return Decision(
        verdict=verdict,
        p_value=float(judged.p_value[0]),
        p_refute=float(judged.p_refute[0]),
        headline=headline,
        atoms=results,
        reason=_reason(results, headline) if verdict is Verdict.INCONCLUSIVE else "",
        seeds_needed=power.seeds_needed(judged.studies, sample.sizes, judged.level)
        if verdict is Verdict.INCONCLUSIVE
        else None,
        method=method,
        confidence=confidence,
    )


def level_of(confidence: float) -> float:
    """One-sided level of a two-sided confidence."""
    if not 0 < confidence < 1:
        raise InferenceError(
            f"`confidence` must be between 0 and 1, both excluded; got {confidence}."
        )
    return float(
        f"{(1 - confidence) / 2:.12g}"
    )  # 5e-05, not 4.9999999999994e-05: p-values are compared with it


def _enough(confidence: float) -> int:
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
    if method not in one.METHODS:
        raise InferenceError(f"`method` must be one of {', '.join(one.METHODS)}; got {method!r}.")
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
    s = judged.studies[i]
    p_refute = float(judged.p_refutes[i, 0])
    shown, refuted = bool(s.p_value[0] <= judged.level), p_refute <= judged.level
    return AtomResult(
        estimate=float(s.estimate[0]),
        low=float(s.low[0]),
        high=float(s.high[0]),
        lower=s.atom.lower,
        upper=s.atom.upper,
        p_value=float(s.p_value[0]),
        p_refute=p_refute,
        verdict=Verdict.SUPPORTED
        if shown
        else Verdict.REFUTED
        if refuted
        else Verdict.INCONCLUSIVE,
        reason=_trouble(s, confidence) or ("" if shown or refuted else _undecided(s)),
        label=s.atom.label,
    )


def _trouble(s: one.Study, confidence: float) -> str:
    """Why this atom cannot be judged at all, or ""."""
    sizes = " and ".join(map(str, s.sizes))
    return {
        one.FINE: "",
        one.TOO_FEW: _too_few(s, confidence),
        one.UNDEFINED: "undefined at the observed means (a division by zero, or a logarithm or "
        "root "
        "of "
        "a "
        "number that is not positive)",
        one.DEGENERATE: f"degenerate sample: all {sizes} replicates agree, so nothing is known of "
        "the "
        "spread",
        one.NOT_POSITIVE: "one side is not shown to be positive, so that a ratio of the two says "
        "nothing",
        one.UNBOUNDED: "unbounded: the interval of a denominator holds zero",
    }[int(s.trouble[0])]


def _too_few(s: one.Study, confidence: float) -> str:
    sizes, needed = " and ".join(map(str, s.sizes)), one.fewest(s.sizes, level_of(confidence))
    if len(s.sizes) > 1 and min(s.sizes) < one.SMALLEST_CELL:
        return f"too few replicates: {sizes}; each condition needs at least {one.SMALLEST_CELL}"
    return (
        f"too few replicates: {sizes} cannot give {confidence:.6g} confidence; at least "
        f"{needed} are needed"
    )


def _undecided(s: one.Study) -> str:
    if s.low[0] >= s.atom.upper or s.high[0] <= s.atom.lower:
        return (
            "beyond its threshold taken alone, but not after correction for the atoms and "
            "sides tested together"
        )
    inside = [t for t in (s.atom.lower, s.atom.upper) if isfinite(t) and s.low[0] <= t <= s.high[0]]
    return f"the interval holds the threshold {' and '.join(f'{t:.6g}' for t in inside)}"


def _reason(results: tuple[AtomResult, ...], headline: int) -> str:
    return results[headline].reason or next((r.reason for r in results if r.reason), "")


def _weakest(judged: Judgement, verdict: Verdict) -> int:
    """The atom that decides the claim; where p-values tie at their floor, the one nearest its
    threshold.
    """
    if verdict is Verdict.REFUTED:
        ranks = [
            (p, -power.distance(s))
            for p, s in zip(judged.p_refutes[:, 0], judged.studies, strict=True)
        ]
    else:
        ranks = [(-s.p_value[0], power.margin(s)) for s in judged.studies]
    return min(range(len(ranks)), key=ranks.__getitem__)
