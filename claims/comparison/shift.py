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
from claims.language.estimand import terms_of
from claims.language.nodes import Value
from claims.language.quantities import denominators_of, quantity

if TYPE_CHECKING:
    import numpy as np

    from claims.inference import Atom, Sample

RESAMPLES = 9999


@dataclass(frozen=True)
class Shift:
    """One atom then and now. `difference` is now minus then, of logarithms where `log`; `p_value`
    is two-sided.
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
    reason: str = ""


@dataclass(frozen=True)
class Seeds:
    """Which seeds are set against which. `paired`: the same ones on both sides, so that each is its
    own control.
    """

    then: tuple[int, ...]
    now: tuple[int, ...]
    paired: bool


def seeds_to_compare(old: Evidence, new: Evidence, same_code: bool) -> Seeds | None:
    """Seeds from which a difference can be learned, or None: on the same code a seed that both ran
    says nothing new.

    On changed code shared seeds are compared each with itself, where they are at least half of the
    smaller side; the sides are independent otherwise, once what they share is left out of the newer
    one.
    """
    if not new.paired:  # every condition has replicates of its own: their numbers name nothing
        return Seeds(tuple(old.seeds), tuple(new.seeds), False)
    shared = [seed for seed in new.seeds if seed in set(old.seeds)]
    fresh = tuple(seed for seed in new.seeds if seed not in set(old.seeds))
    if not same_code and 2 * len(shared) >= min(len(old.seeds), len(new.seeds)):
        return Seeds(tuple(shared), tuple(shared), True)
    return Seeds(tuple(old.seeds), fresh, False) if fresh else None


def shifts(
    old: Evidence,
    new: Evidence,
    seeds: Seeds,
    confidence: float = 0.95,
    n_resamples: int = RESAMPLES,
) -> list[Shift]:
    """Every atom that both results have, compared. The same seeds and resamples give the same
    digits.
    """
    then = {(a.estimand, a.log): a for a in old.atoms if a.estimand}
    found = []
    for atom in new.atoms:
        before, node = then.get((atom.estimand, atom.log)), quantity(atom.estimand)
        if (
            before is not None
            and node is not None
            and (shift := _shift(before, atom, node, old, new, seeds, confidence, n_resamples))
        ):
            found.append(shift)
    return found


def _shift(
    before: AtomEvidence,
    atom: AtomEvidence,
    node: Value,
    old: Evidence,
    new: Evidence,
    seeds: Seeds,
    confidence: float,
    n_resamples: int,
) -> Shift | None:
    import numpy as np

    from claims.inference import InferenceError, decide

    design = _design(terms_of(node), old, new, seeds)
    if design is None:
        return None
    sample, terms = design
    rng = np.random.default_rng(
        [zlib.crc32(f"{new.id}@{new.setting}".encode()), zlib.crc32(atom.estimand.encode())]
    )
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
    sides = [float(value(half)[0]) for half in np.split(means, 2)]
    low, high, p, reason = (
        found.low,
        found.high,
        min(1.0, 2 * min(found.p_value, found.p_refute)),
        "",
    )
    if not np.isfinite(low) and not np.isfinite(high):
        reason = found.reason
        if (
            seeds.paired and found.estimate and reason.startswith("degenerate")
        ):  # every seed moved by as much: the sign test is exact
            low, high, p, reason = (
                found.estimate,
                found.estimate,
                2.0 ** (1 - len(seeds.now)),
                "every seed moved by the same amount",
            )
    return Shift(
        atom.expression,
        dict(atom.bindings),
        atom.log,
        *sides,
        found.estimate,
        low,
        high,
        confidence,
        p,
        reason,
    )


def _design(
    terms: Sequence[Term], old: Evidence, new: Evidence, seeds: Seeds
) -> tuple[Sample, tuple[Term, ...]] | None:
    """The sample, its term means those of then followed by those of now, and the order of the terms
    in each half.
    """
    import numpy as np

    from claims.inference import Sample

    if any(not evidence.terms.get(str(term)) for evidence in (old, new) for term in terms):
        return None
    if new.paired:
        sides = [
            np.array([_rows(e, term, chosen) for term in terms]).T
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


def _rows(evidence: Evidence, term: Term, seeds: Sequence[int]) -> list[float]:
    row = {seed: i for i, seed in enumerate(evidence.seeds)}
    return [evidence.terms[str(term)][row[seed]] for seed in seeds]


def _difference(node: Value, terms: tuple[Term, ...]) -> Atom:
    """Is the difference above zero: a two-sided test asks whether it is, and whether that is
    refuted.
    """
    from claims.inference import Atom

    n = len(terms)
    guards: list[Callable] = [
        _Half(Estimand(part, terms), place, n) for part in denominators_of(node) for place in (0, 1)
    ]
    return Atom(_Difference(Estimand(node, terms)), lower=0.0, nonzero=tuple(guards))


@dataclass(frozen=True)
class _Difference:
    """Now minus then of one estimand; means (..., 2 T)."""

    estimand: Estimand

    def __call__(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        then, now = np.split(np.asarray(means), 2, axis=-1)
        (before, slope), (after, other) = self.estimand(then), self.estimand(now)
        return after - before, np.concatenate([-slope, other], axis=-1)


@dataclass(frozen=True)
class _Half:
    """An estimand of then (place 0) or of now (1)."""

    estimand: Estimand
    place: int
    n_terms: int

    def __call__(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        half = slice(self.place * self.n_terms, (self.place + 1) * self.n_terms)
        value, slope = self.estimand(np.asarray(means)[..., half])
        gradient = np.zeros(np.shape(means))
        gradient[..., half] = slope
        return value, gradient
