"""One claim, observations of its experiment -> Evidence: the sample is cut out, the verdict left to
`claims.inference`.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from claims.evidence import ERROR, FAILED, INCONCLUSIVE, NOT_ASKED, PASSED, AtomEvidence, Evidence
from claims.execution.jobs import told
from claims.schema import Claim, NotAsked, Question, Undescribed

if TYPE_CHECKING:
    import numpy as np
    import xarray

    from claims.inference import Atom, Decision, Look, Sample
    from claims.language import CompiledAtom, Term

Observe = Callable[[Sequence[int]], "xarray.Dataset"]
PREDICTED, SEARCHED = (
    200,
    100,
)  # worlds of fresh seeds; fewer in the search for a number of them, which is told as about that
SURE = 0.9  # a claim less likely than this to pass again says how many seeds would help


class ObservationError(ValueError):
    """Observations that no verdict can rest on: the message names the selection and the seeds."""


class NonFiniteObservation(ObservationError):
    """Observed, but no number: what a probe of a network leaves that it has driven out of
    bounds.
    """


@dataclass(frozen=True)
class Terms:
    """What a question needs, cut out of observations: the sample in the inference's order, and each
    term's values by seed.

    `order[k]` is the question's index of the sample's k-th term.
    """

    sample: Sample
    order: tuple[int, ...]
    values: Mapping[str, Sequence[float]]


def judge(
    claim: Claim, setting: str, observe: Observe, *, seed_base: int = 0, method: str = "bootstrap-t"
) -> Evidence:
    """Measure what the claim needs through `observe(seeds)` and judge it. Never raises for what the
    data hold: that is verdict `error`.
    """
    began = time.monotonic()
    blank = evidence_of(claim, setting)
    try:
        evidence = _judged(claim, setting, observe, seed_base, method, blank)
    except (Exception, SystemExit) as error:
        evidence = replace(blank, verdict=ERROR, outcome=ERROR, reason=told(error))
    return replace(evidence, elapsed_s=round(time.monotonic() - began, 3))


def evidence_of(claim: Claim, setting: str) -> Evidence:
    """The record of a claim before anything is measured."""
    from claims.evidence import plain
    from claims.experiments.digests import digest_of

    experiment = claim.spec.experiment(setting)
    options = plain({k: v for k, v in claim.spec.settings[setting].items()})
    return Evidence(
        id=claim.id,
        setting=setting,
        experiment=claim.experiment,
        expression=claim.expression,
        memo=claim.memo,
        where=claim.where,
        says=claim.says,
        note=claim.note,
        tags=tuple(claim.tags),
        expected=claim.expected_in(setting),
        confidence=claim.confidence,
        settings_digest=digest_of({"kind": claim.spec.kind, "options": options}),
        source_digest=experiment.source(),
        paired=experiment.paired,
    )


def outcome_of(verdict: str, expected: str | None) -> str:
    """Passed when the verdict is the recorded one; an inconclusive claim passes only where that is
    what is recorded.
    """
    if verdict == ERROR:
        return ERROR
    return PASSED if verdict == expected else FAILED


def generator(name: str, seed_base: int) -> np.random.Generator:
    """The resampling stream of a claim: named by its id and the seed base, never by a worker."""
    import numpy as np

    return np.random.default_rng([zlib.crc32(name.encode()), seed_base])


def _judged(
    claim: Claim, setting: str, observe: Observe, seed_base: int, method: str, blank: Evidence
) -> Evidence:
    from claims.inference import Verdict, decide, overall

    available = claim.spec.experiment(setting).available_seeds
    question = ask(claim, setting, observe, available, seed_base)
    if isinstance(question, NotAsked):
        return replace(blank, outcome=NOT_ASKED, reason=question.reason)
    looks = looks_of(claim, available)
    rng, p_values = generator(claim.id, seed_base), []
    for look in looks:
        chosen = available or range(seed_base, seed_base + look.n)
        terms = cut(observe(tuple(chosen)), question.terms, claim.spec.experiment(setting))
        atoms = [atom_of(a, terms.order) for a in question.atoms]
        decision = decide(terms.sample, atoms, confidence=look.confidence, method=method, rng=rng)
        p_values.append(decision.p_value)
        if decision.verdict is not Verdict.INCONCLUSIVE:
            break
    filled = _filled(replace(blank, seeds=tuple(chosen)), question, terms, decision, look.adjust)
    return _with_chances(
        replace(filled, p_value=overall(looks, p_values)), terms.sample, atoms, looks, seed_base
    )


def looks_of(claim: Claim, available: Sequence[int] | None) -> tuple[Look, ...]:
    """The claim's looks; all replicates in one where they are given, not chosen."""
    from claims.inference import schedule

    if available:
        return schedule(len(available), 0, len(available), claim.confidence)
    return schedule(claim.seeds.start, claim.seeds.step, claim.seeds.max, claim.confidence)


def _with_chances(
    evidence: Evidence, sample: Sample, atoms: Sequence[Atom], looks: Sequence[Look], seed_base: int
) -> Evidence:
    """With the chance that fresh seeds pass again. Claims of one experiment, judged on the same
    seeds, see the same predicted worlds.
    """
    from claims.inference.predictive import chance_at, passes, seeds_to_pass

    if evidence.expected is None:
        return evidence

    def streams() -> dict[str, np.random.Generator]:
        return {
            "rng": generator(f"{evidence.id} again", seed_base),
            "worlds": generator(f"{evidence.experiment}@{evidence.setting}", seed_base),
        }

    def in_one_look(size: int) -> float:
        return chance_at(
            size,
            sample,
            atoms,
            evidence.expected,
            confidence=evidence.confidence,
            n_worlds=SEARCHED,
            **streams(),
        )

    passed = passes(sample, atoms, looks, evidence.expected, n_worlds=PREDICTED, **streams())
    chance, needed = float(passed.mean()), None
    if chance < SURE and evidence.expected == evidence.verdict != INCONCLUSIVE:
        needed = seeds_to_pass(
            in_one_look, max(sample.sizes), (looks[-1].n, chance), evidence.confidence
        )
    return replace(
        evidence,
        pass_again=chance,
        passes_in="".join("01"[p] for p in passed.astype(int)),
        seeds_to_pass=needed,
        seeds_scheduled=looks[-1].n if len(looks) > 1 else None,
    )


def ask(
    claim: Claim, setting: str, observe: Observe, available: Sequence[int] | None, seed_base: int
) -> Question | NotAsked:
    """The claim's question; a kind that does not describe itself is asked after a first look at
    what it measures.
    """
    try:
        return claim.ask(setting)
    except Undescribed:
        observed = observe(tuple(available or range(seed_base, seed_base + claim.seeds.start)))
        return claim.ask(setting, described_by(observed, claim.spec.experiment(setting).replicates))


def described_by(
    observed: xarray.Dataset, replicates: Sequence[str]
) -> dict[str, dict[str, tuple]]:
    """{metric: {dimension: labels}} read off observations."""
    hidden = {"seed", *replicates}
    return {
        str(name): {
            str(d): tuple(observed[d].values.tolist()) for d in variable.dims if d not in hidden
        }
        for name, variable in observed.data_vars.items()
    }


def cut(observed: xarray.Dataset, terms: Sequence[Term], experiment: Any) -> Terms:
    """The sample of `terms`: one cell where seeds pair the conditions, one for each condition where
    they do not.

    Replicates inside a seed are averaged. Raises ObservationError on missing or non-finite values.
    """
    import numpy as np

    from claims.inference import Sample

    columns = [_column(observed, term, experiment.replicates) for term in terms]
    seeds = observed["seed"].values
    if experiment.paired:
        for term, column in zip(terms, columns, strict=True):
            _refuse_missing(term, column, seeds)
        return Terms(
            Sample((np.stack(columns, axis=1),)), tuple(range(len(terms))), _by_name(terms, columns)
        )
    cells, order = [], []
    for condition in dict.fromkeys(term.labels for term in terms):
        members = [i for i, term in enumerate(terms) if term.labels == condition]
        rows = np.stack([columns[i] for i in members], axis=1)
        rows = rows[~np.isnan(rows).all(axis=1)]  # rows that this condition does not have
        for i, column in zip(members, rows.T, strict=True):
            _refuse_missing(terms[i], column, np.arange(len(rows)))
        cells.append(rows)
        order += members
    return Terms(
        Sample(tuple(cells)), tuple(order), _by_name(terms, [c[~np.isnan(c)] for c in columns])
    )


def _column(observed: xarray.Dataset, term: Term, replicates: Sequence[str]) -> np.ndarray:
    """One term by seed: (n_seeds,) float64."""
    import numpy as np

    if term.metric not in observed:
        raise ObservationError(
            f"metric `{term.metric}` was not measured; measured: "
            f"{', '.join(map(str, observed.data_vars))}"
        )
    values = observed[term.metric]
    for dim, label in term.labels:
        labels = observed[dim].values.tolist()
        if label not in labels:
            raise ObservationError(
                f"`{term}` was not measured: `{dim}` has {', '.join(map(str, labels))}"
            )
        values = values.isel({dim: labels.index(label)})
    inner = [d for d in values.dims if d in replicates]
    left = [d for d in values.dims if d not in ("seed", *inner)]
    if left:
        raise ObservationError(f"`{term}` leaves `{left[0]}` open, which is never averaged over")
    return np.asarray(values.mean(inner) if inner else values, dtype=float)


def _refuse_missing(term: Term, column: np.ndarray, seeds: np.ndarray) -> None:
    import numpy as np

    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        what = "missing" if np.isnan(column[bad]).all() else "not finite"
        named = ", ".join(str(seeds[i]) for i in bad[:8]) + (", ..." if bad.size > 8 else "")
        raise NonFiniteObservation(
            f"`{term}` is {what} for seed {named}; measure these again, or leave them out "
            "of every condition"
        )


def _by_name(terms: Sequence[Term], columns: Sequence[np.ndarray]) -> dict[str, list[float]]:
    return {str(term): column.tolist() for term, column in zip(terms, columns, strict=True)}


@dataclass(frozen=True)
class _Reordered:
    """An estimand of terms in the question's order, taking means in the sample's."""

    estimand: Callable
    order: tuple[int, ...]

    def __call__(self, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        value, gradient = self.estimand(means[..., np.argsort(self.order)])
        return value, gradient[..., list(self.order)]


def atom_of(compiled: CompiledAtom, order: tuple[int, ...]) -> Atom:
    """A compiled atom for `claims.inference`, taking means in the order of the sample."""
    from claims.inference import Atom
    from claims.language.estimand import Estimand, fraction_of

    def placed(estimand: Callable) -> Callable:
        return estimand if order == tuple(range(len(order))) else _Reordered(estimand, order)

    parts = fraction_of(compiled.estimand.node) if compiled.nonzero else None
    fraction = (
        None
        if parts is None
        else tuple(placed(Estimand(part, compiled.estimand.terms)) for part in parts)
    )
    return Atom(
        placed(compiled.estimand),
        compiled.lower,
        compiled.upper,
        tuple(map(placed, compiled.positive)),
        tuple(map(placed, compiled.nonzero)),
        compiled.expression,
        fraction=fraction,
    )


def _filled(
    blank: Evidence,
    question: Question,
    terms: Terms,
    decision: Decision,
    adjust: Callable[[float], float],
) -> Evidence:
    import math

    atoms = []
    for compiled, found in zip(question.atoms, decision.atoms, strict=True):
        ends = [t for t in (compiled.lower, compiled.upper) if math.isfinite(t)]
        atoms.append(
            AtomEvidence(
                compiled.expression,
                dict(compiled.bindings),
                found.estimate,
                found.low,
                found.high,
                ends[0] if len(ends) == 1 else ends,
                adjust(found.p_value),
                str(found.verdict),
                compiled.scale == "log",
                found.reason,
                _finite(compiled.lower),
                _finite(compiled.upper),
                str(compiled.estimand),
            )
        )
    head = atoms[decision.headline]
    verdict = str(decision.verdict)
    return replace(
        blank,
        verdict=verdict,
        outcome=outcome_of(verdict, blank.expected),
        reason=decision.reason,
        estimate=head.estimate,
        low=head.low,
        high=head.high,
        threshold=head.threshold,
        method=decision.method,
        p_value=adjust(decision.p_value),
        n_seeds=max(terms.sample.sizes),
        seeds_needed=decision.seeds_needed if verdict == INCONCLUSIVE else None,
        headline=decision.headline,
        atoms=tuple(atoms),
        terms=terms.values,
    )


def _finite(threshold: float) -> float | None:
    import math

    return threshold if math.isfinite(threshold) else None
