"""How far an atom's estimate moved between two results: an interval on the difference, from the
values by seed that both files hold.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from claims.evidence import AtomEvidence, Evidence
from claims.language import Estimand, Term
from claims.language.estimand import denominators_of, terms_of
from claims.language.nodes import Value
from claims.language.quantities import quantity

if TYPE_CHECKING:
    import numpy as np

    from claims.inference import Atom, Sample

RESAMPLES = 9999


@dataclass(frozen=True)
class Shift:
    """One atom's estimates in two results.

    then, now: the estimates. difference, low, high: now minus then, with its interval; all of
    logarithms where `log`. p_value: two-sided.
    """

    expression: str
    bindings: dict[str, Any]
    log: bool
    then: float
    now: float
    difference: float
    low: float
    high: float
    confidence: float
    p_value: float


@dataclass(frozen=True)
class ComparedSeeds:
    """The seeds of each side. paired: the same ones on both, each compared with itself."""

    then: tuple[int, ...]
    now: tuple[int, ...]
    paired: bool


def seeds_to_compare(old: Evidence, new: Evidence, same_code: bool) -> ComparedSeeds | None:
    """The seeds that a difference can be estimated from; None where there are none: on the same
    code a seed that both ran gives the same values again.

    On changed code shared seeds are compared each with itself, where they are at least half of the
    smaller side. Otherwise the sides are independent, and seeds that they share are left out of the
    newer one.
    """
    if not new.paired:  # every condition has replicates of its own: their numbers name nothing
        return ComparedSeeds(tuple(old.seeds), tuple(new.seeds), False)
    shared = [seed for seed in new.seeds if seed in set(old.seeds)]
    fresh = tuple(seed for seed in new.seeds if seed not in set(old.seeds))
    if not same_code and 2 * len(shared) >= min(len(old.seeds), len(new.seeds)):
        return ComparedSeeds(tuple(shared), tuple(shared), True)
    return ComparedSeeds(tuple(old.seeds), fresh, False) if fresh else None


def estimate_shifts(
    old: Evidence,
    new: Evidence,
    seeds: ComparedSeeds,
    confidence: float = 0.95,
    n_resamples: int = RESAMPLES,
) -> list[Shift]:
    """The shift of every atom that both results have. The same seeds and resamples give the same
    digits.
    """
    known = {(atom.estimand, atom.log) for atom in old.atoms if atom.estimand}
    found = []
    for atom in new.atoms:
        node = quantity(atom.estimand)
        if node is not None and (atom.estimand, atom.log) in known:
            found.append(_estimate_shift(atom, node, old, new, seeds, confidence, n_resamples))
    return [shift for shift in found if shift is not None]


def _estimate_shift(
    atom: AtomEvidence,
    node: Value,
    old: Evidence,
    new: Evidence,
    seeds: ComparedSeeds,
    confidence: float,
    n_resamples: int,
) -> Shift | None:
    """The shift of one atom; None where the files hold too little for it."""
    import numpy as np

    from claims.inference import Cause, InferenceError, decide

    design = _design(terms_of(node), old, new, seeds)
    if design is None:
        return None
    sample, terms = design
    names = (f"{new.id}@{new.setting}", atom.estimand)
    rng = np.random.default_rng([zlib.crc32(name.encode()) for name in names])
    try:
        found = decide(
            sample,
            [_difference(node, terms)],
            confidence=confidence,
            n_resamples=n_resamples,
            rng=rng,
        ).atoms[0]
    except InferenceError:
        return None
    value = Estimand(node, terms)
    means = np.concatenate([cell.mean(axis=0) for cell in sample.cells])
    then, now = (float(value(half)[0]) for half in np.split(means, 2))
    low, high, p_value = found.low, found.high, min(1.0, 2 * min(found.p_value, found.p_refute))
    if seeds.paired and found.estimate and found.cause is Cause.DEGENERATE:
        # every seed moved by the same amount: the sign test is exact
        low, high, p_value = found.estimate, found.estimate, 2.0 ** (1 - len(seeds.now))
    return Shift(
        expression=atom.expression,
        bindings=dict(atom.bindings),
        log=atom.log,
        then=then,
        now=now,
        difference=found.estimate,
        low=low,
        high=high,
        confidence=confidence,
        p_value=p_value,
    )


def _design(
    terms: Sequence[Term], old: Evidence, new: Evidence, seeds: ComparedSeeds
) -> tuple[Sample, tuple[Term, ...]] | None:
    """The sample, whose means are those of the old result followed by those of the new one, and the
    order of the terms in each half.
    """
    import numpy as np

    from claims.inference import Sample

    if any(not evidence.terms.get(str(term)) for evidence in (old, new) for term in terms):
        return None
    if new.paired:
        sides = [
            np.array([_values(e, term, chosen) for term in terms]).T
            for e, chosen in ((old, seeds.then), (new, seeds.now))
        ]
        return Sample([np.hstack(sides)] if seeds.paired else sides), tuple(terms)
    groups = [
        [term for term in terms if term.labels == condition]
        for condition in dict.fromkeys(term.labels for term in terms)
    ]
    cells = [
        [np.array([evidence.terms[str(term)] for term in group]).T for group in groups]
        for evidence in (old, new)
    ]
    return Sample([*cells[0], *cells[1]]), tuple(term for group in groups for term in group)


def _values(evidence: Evidence, term: Term, seeds: Sequence[int]) -> list[float]:
    row = {seed: i for i, seed in enumerate(evidence.seeds)}
    return [evidence.terms[str(term)][row[seed]] for seed in seeds]


def _difference(node: Value, terms: tuple[Term, ...]) -> Atom:
    """The claim that the difference is above zero: its support and its refutation are the two sides
    of a test.
    """
    from claims.inference import Atom

    n = len(terms)
    guards: list[Callable] = [
        _OneSide(Estimand(part, terms), side, n)
        for part in denominators_of(node)
        for side in (0, 1)
    ]
    return Atom(_Difference(Estimand(node, terms)), lower=0.0, nonzero=tuple(guards))


@dataclass(frozen=True)
class _Difference:
    """An estimand in the new result minus the same in the old one, of means (..., 2 T)."""

    estimand: Estimand

    def __call__(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        then, now = np.split(np.asarray(means), 2, axis=-1)
        (before, slope), (after, other) = self.estimand(then), self.estimand(now)
        return after - before, np.concatenate([-slope, other], axis=-1)


@dataclass(frozen=True)
class _OneSide:
    """An estimand in the old result (side 0) or in the new one (1), of means (..., 2 T)."""

    estimand: Estimand
    side: int
    n_terms: int

    def __call__(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        half = slice(self.side * self.n_terms, (self.side + 1) * self.n_terms)
        value, slope = self.estimand(np.asarray(means)[..., half])
        gradient = np.zeros(np.shape(means))
        gradient[..., half] = slope
        return value, gradient
